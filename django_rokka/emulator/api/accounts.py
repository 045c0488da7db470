"""``/_emulator/organizations/{organization}``: whether an organization pays."""

from __future__ import annotations

from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import json_response
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.routing import Route
from django_rokka.emulator.services import Services

__all__ = ["ROUTES"]


def read(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Say whether an organization pays."""
    _require_root(request)
    found = services.organization(organization)
    return json_response({"name": found.name, "is_paying": found.is_paying})


def put(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Make an organization a paying or a free one."""
    _require_root(request)
    services.organization(organization)
    data = request.json_object()
    if set(data) != {"is_paying"} or not isinstance(data["is_paying"], bool):
        raise BadRequest('Send {"is_paying": true} or {"is_paying": false}.')
    services.organizations.set_paying(organization, is_paying=data["is_paying"])
    return read(services, request, organization)


def _require_root(request: IncomingRequest) -> None:
    if not request.caller.is_root:
        raise Forbidden("This is for the key that the emulator was started with.")


_ONE = "/_emulator/organizations/<org:organization>"

ROUTES: tuple[Route, ...] = (Route("GET", _ONE, read), Route("PUT", _ONE, put))
