"""``/user/apikeys``: the API keys of the caller."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from werkzeug.exceptions import BadRequest, Conflict, Forbidden, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.access.callers import Caller
from django_rokka.emulator.access.credentials import (
    check_restrictions,
    has_expired,
    has_read_only_role,
    refuse_read_only,
)
from django_rokka.emulator.access.ip_addresses import is_network_in
from django_rokka.emulator.api.restrictions import (
    read_comment,
    read_new_restrictions,
    read_restrictions,
)
from django_rokka.emulator.errors import RestrictedKey, json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import MAX_KEYS, StoredKey

__all__ = ["ROUTES", "make_key"]


def list_keys(services: Services, request: IncomingRequest, /) -> Response:
    """List the keys, as a bare array and without their values."""
    refuse_read_only(services, request.caller)
    return json_response([key.as_json() for key in services.users.keys(request.caller.user.id)])


def create(services: Services, request: IncomingRequest, /) -> Response:
    """Make a key; its value is shown this once.

    It ends no later than the key of the caller, and is for no other addresses than that key and
    the caller's token: what is limited makes nothing without limits.
    """
    refuse_read_only(services, request.caller)
    data = request.json_object() if request.lenient_json() != "" else {}
    data = _limit(services, request.caller, data)
    return json_response(make_key(services, request.caller.user.id, data), 201)


def read_current(services: Services, request: IncomingRequest, /) -> Response:
    """Read the key in use."""
    refuse_read_only(services, request.caller)
    return json_response(request.caller.key.as_json())


def change(services: Services, request: IncomingRequest, /, id: str) -> Response:
    """Change comment and restrictions; ``?force=true`` lets one lock oneself out."""
    data = request.json_object()
    with services.database.transaction():
        key = _find(services, request, id)
        changed = replace(
            key,
            comment=read_comment(data, key.comment),
            restrictions=read_restrictions(data, key.restrictions),
        )
        if id == request.caller.key.id and not request.flag("force"):
            _refuse_locking_out(services, request, key, changed)
        services.users.change_key(id, comment=changed.comment, restrictions=changed.restrictions)
    factor = services.second_factors.find(key.user_id)
    state = factor.state if factor else "none"
    return json_response({**changed.as_json(), **_as_options(changed), "totp_state": state})


def delete(services: Services, request: IncomingRequest, /, id: str) -> Response:
    """Delete a key, but not the one in use."""
    key = _find(services, request, id)
    if key.id == request.caller.key.id:
        raise Conflict("The key in use cannot be deleted. Delete it by another one.")
    services.users.delete_key(key.id)
    return Response(status=204)


def make_key(services: Services, user_id: str, data: dict[str, Any]) -> dict[str, Any]:
    """Make a key of a user, and describe it with its value."""
    made = services.users.add_key(
        user_id,
        comment=read_comment(data),
        restrictions=read_new_restrictions(data, now=services.clock()),
        created=services.now(),
    )
    if made is None:
        raise BadRequest(f"A user has at most {MAX_KEYS} API keys. Delete one first.")
    key, value = made
    return {**key.as_json(), "api_key": value}


def _limit(services: Services, caller: Caller, data: dict[str, Any]) -> dict[str, Any]:
    """Add the limits of a caller to those that a new key shall have."""
    asked = read_new_restrictions(data, now=services.clock())
    limits: dict[str, Any] = {}
    if own := caller.key.restrictions.get("expires"):
        limits["expires"] = min(own, asked.get("expires", own), key=datetime.fromisoformat)
    for networks in (caller.key.restrictions.get("allowed_ips"), (caller.token or {}).get("ips")):
        if networks:
            named = limits.get("allowed_ips") or asked.get("allowed_ips") or networks
            limits["allowed_ips"] = _within(named, networks)
    return {**data, **limits}


def _within(addresses: list[str], networks: list[str]) -> list[str]:
    """Return addresses that are all among those of the caller, or answer 403."""
    for address in addresses:
        if not is_network_in(address, networks):
            raise Forbidden(
                f"{address!r} in allowed_ips is not among {', '.join(networks)}, to which the key"
                " or token in use is bound. Name addresses among these, or use another key."
            )
    return addresses


def _find(services: Services, request: IncomingRequest, id: str) -> StoredKey:
    refuse_read_only(services, request.caller)
    key = services.users.find_key_by_id(id)
    if key is None or key.user_id != request.caller.user.id:
        raise NotFound(f"You have no API key {id!r}.")
    if services.users.is_root_key(key):
        raise Conflict("This key was given to the emulator at its start, and stays as it is.")
    return key


def _as_options(key: StoredKey) -> dict[str, Any]:
    """Write all restrictions, also those that the key does not have."""
    return {
        "requires_mfa": key.restrictions.get("requires_mfa", False),
        "trusted": key.restrictions.get("trusted", False),
        "allowed_ips": key.restrictions.get("allowed_ips", []),
        "expires": key.restrictions.get("expires"),
    }


def _refuse_locking_out(
    services: Services, request: IncomingRequest, key: StoredKey, changed: StoredKey
) -> None:
    if key.restrictions.get("trusted") and not changed.restrictions.get("trusted"):
        _refuse_distrust(services, request)
    try:
        check_restrictions(services, request, changed)
    except RestrictedKey as error:
        raise BadRequest(
            "This would lock out the key that is in use. Use ?force=true to do so."
        ) from error


def _refuse_distrust(services: Services, request: IncomingRequest) -> None:
    """Refuse to take trust from the only key by which its user looks at keys."""
    caller = request.caller
    others = (key for key in services.users.keys(caller.user.id) if key.id != caller.key.id)
    if has_read_only_role(services, caller.user) and not any(
        key.restrictions.get("trusted") and not has_expired(services, key) for key in others
    ):
        raise BadRequest(
            "No other key of this user is trusted: none could change API keys any more. Use"
            " ?force=true to do so."
        )


_ALL = "/user/apikeys"

ROUTES: tuple[Route, ...] = (
    Route("GET", _ALL, list_keys),
    Route("POST", _ALL, create),
    Route("GET", f"{_ALL}/current", read_current),
    Route("PATCH", f"{_ALL}/<id>", change),
    Route("DELETE", f"{_ALL}/<id>", delete),
)
