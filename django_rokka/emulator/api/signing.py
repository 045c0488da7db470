"""``/utils/{organization}``: signatures, made where the key is."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.services import Services
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import sign_url

__all__ = ["ROUTES"]

_FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})


def sign(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Sign a render URL with the organization's key."""
    owner = services.organization(organization)
    data: dict[str, Any] = (
        request.form.to_dict() if request.mimetype in _FORMS else request.json_object()
    )
    url = data.get("url")
    if not isinstance(url, str) or not url:
        raise BadRequest('There is no url to sign. Send {"url": "https://..."} or a field url.')
    rounding = str(data.get("round_date_up_to", 0))
    # It would round an end date, which no known member of the request can give.
    if not (rounding.isascii() and rounding.isdigit()):
        raise BadRequest(f"round_date_up_to is {rounding[:100]!r}, must be a number of seconds.")
    try:
        signed = sign_url(url, owner.signing_key)
    except InvalidRenderURL as error:
        raise BadRequest(str(error)) from error
    return json_response({"signed_url": signed})


ROUTES: tuple[Route, ...] = (Route("POST", "/utils/<org:organization>/sign_url", sign),)
