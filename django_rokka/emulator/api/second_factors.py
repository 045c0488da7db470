"""``/user/mfa/totp``: the authenticator app of the caller, which all of their keys share."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import Conflict
from werkzeug.wrappers import Response

from django_rokka.emulator.access.credentials import refuse_read_only, require_code
from django_rokka.emulator.access.one_time_passwords import provisioning_uri
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.services import Services

__all__ = ["ROUTES"]


def read(services: Services, request: IncomingRequest, /) -> Response:
    """Say whether there is an app: ``none``, ``pending`` or ``active``."""
    refuse_read_only(services, request.caller)
    return _answer(services, request)


def begin(services: Services, request: IncomingRequest, /) -> Response:
    """Make a secret for an app; one that was never confirmed makes room."""
    refuse_read_only(services, request.caller)
    user = request.caller.user
    factor = services.second_factors.begin(user.id)
    if factor is None:
        raise Conflict("There is an active authenticator app. DELETE it first, with a code of it.")
    uri = provisioning_uri(factor.secret, account=user.email)
    return json_response({"state": factor.state, "secret": factor.secret, "provisioning_uri": uri})


def confirm(services: Services, request: IncomingRequest, /) -> Response:
    """Make a pending app the active one, by its first code."""
    refuse_read_only(services, request.caller)
    user_id = request.caller.user.id
    factor = services.second_factors.find(user_id)
    if factor is None or factor.confirmed:
        raise Conflict("No authenticator app waits for its first code. Begin with POST.")
    require_code(services, request)
    services.second_factors.confirm(user_id, date=services.now())
    return _answer(services, request)


def delete(services: Services, request: IncomingRequest, /) -> Response:
    """Forget the app, by a code of it; no key asks for a code from here on."""
    refuse_read_only(services, request.caller)
    user_id = request.caller.user.id
    if services.second_factors.find(user_id) is None:
        raise Conflict("There is no authenticator app that could be deleted.")
    require_code(services, request)
    with services.database.transaction():
        services.second_factors.delete(user_id)
        for key in services.users.keys(user_id):
            left = {name: it for name, it in key.restrictions.items() if name != "requires_mfa"}
            services.users.change_key(key.id, comment=key.comment, restrictions=left)
    return Response(status=204)


def _answer(services: Services, request: IncomingRequest) -> Response:
    factor = services.second_factors.find(request.caller.user.id)
    data: dict[str, Any] = {"state": factor.state if factor else "none"}
    if factor is not None and factor.confirmed:
        data["confirmed"] = factor.confirmed
    return json_response(data)


_PATH = "/user/mfa/totp"

ROUTES: tuple[Route, ...] = (
    Route("GET", _PATH, read),
    Route("POST", _PATH, begin),
    Route("DELETE", _PATH, delete),
    Route("POST", f"{_PATH}/confirm", confirm),
)
