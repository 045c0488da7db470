"""``/user/apikeys/token``: JSON web tokens in place of a key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response

from django_rokka.emulator.access.credentials import require_code
from django_rokka.emulator.access.ip_addresses import read_addresses
from django_rokka.emulator.access.json_web_tokens import write_token
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredKey

__all__ = ["ROUTES"]

_DAY = 86_400
_MAX_VALIDITY = 3_650 * _DAY
_REQUEST_IP = "request_ip"


def create(services: Services, request: IncomingRequest, /) -> Response:
    """Make a token; shown a token itself, renew it if it may be renewed."""
    _check_renewal(request)
    default = _DAY if request.caller.token is None else request.caller.token["expt"]
    validity = request.number("expires_in", default, maximum=_MAX_VALIDITY)
    if validity < 1:
        raise BadRequest("expires_in is '0', must be a number of seconds from 1 on.")
    if request.caller.token is not None and validity > default:
        raise Forbidden(
            f"A token cannot get a successor that is valid for longer than its own {default} s."
            " Get one with an API key."
        )
    addresses = _read_addresses(request)
    key = request.caller.key
    payload: dict[str, Any] = {
        "id": key.id,
        "exp": _end_with_key(key, int(services.clock().timestamp()) + validity),
        "expt": validity,
        "rn": request.flag("renewable") if request.args.get("renewable") else bool(addresses),
    }
    if addresses:
        payload["ips"] = addresses
    if _has_second_factor(services, request):
        payload["mfa"] = True
    token = write_token(payload, services.users.token_secret())
    return json_response({"token": token, "payload": payload})


def _check_renewal(request: IncomingRequest) -> None:
    token = request.caller.token
    if token is None:
        return
    if not token["rn"]:
        raise Forbidden("The token is not renewable. Get a new one with an API key.")
    if "ips" in token and request.flag("no_ip_protection"):
        raise Forbidden("The successor of a token stays bound to addresses. Use an API key.")


def _end_with_key(key: StoredKey, end: int) -> int:
    """Return when a token expires: no later than its key."""
    expires = key.restrictions.get("expires")
    return min(end, int(datetime.fromisoformat(expires).timestamp())) if expires else end


def _has_second_factor(services: Services, request: IncomingRequest) -> bool:
    """Say whether a code was shown, now or to the token that is renewed; refuse a wrong one."""
    caller = request.caller
    if caller.token is not None:
        return bool(caller.token.get("mfa"))
    if not caller.key.restrictions.get("requires_mfa"):
        return False
    require_code(services, request)
    return True


def _read_addresses(request: IncomingRequest) -> list[str]:
    given = [text.strip() for text in request.args.get("ips", "").split(",") if text.strip()]
    if request.flag("no_ip_protection"):
        if given:
            raise BadRequest("Give either no_ip_protection or ips, not both.")
        return []
    own = [request.address]
    if request.caller.token is not None:
        own = request.caller.token.get("ips", [])
    named = [request.address if text == _REQUEST_IP else text for text in given]
    return read_addresses("ips", named) or own


ROUTES: tuple[Route, ...] = tuple(
    Route(method, "/user/apikeys/token", create) for method in ("GET", "POST")
)
