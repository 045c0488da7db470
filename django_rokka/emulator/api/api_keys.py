"""``/user/apikeys``: the API keys of the caller."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from werkzeug.exceptions import BadRequest, Conflict, Forbidden, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.api.restrictions import read_comment, read_restrictions
from django_rokka.emulator.credentials import check_restrictions, is_read_only
from django_rokka.emulator.errors import RestrictedKey, json_response
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.routing import Route
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import MAX_KEYS, StoredKey

__all__ = ["ROUTES", "make_key"]


def list_keys(services: Services, request: IncomingRequest, /) -> Response:
    """List the keys, as a bare array and without their values."""
    _refuse_read_only(services, request)
    return json_response([key.as_json() for key in services.users.keys(request.caller.user.id)])


def create(services: Services, request: IncomingRequest, /) -> Response:
    """Make a key; its value is shown this once."""
    _refuse_read_only(services, request)
    data = request.json_object() if request.lenient_json() != "" else {}
    return json_response(make_key(services, request.caller.user.id, data), 201)


def read_current(services: Services, request: IncomingRequest, /) -> Response:
    """Read the key in use."""
    _refuse_read_only(services, request)
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
            _refuse_locking_out(services, request, changed)
        services.users.change_key(id, comment=changed.comment, restrictions=changed.restrictions)
    return json_response(changed.as_json())


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
        restrictions=read_restrictions(data),
        created=services.now(),
    )
    if made is None:
        raise BadRequest(f"A user has at most {MAX_KEYS} API keys. Delete one first.")
    key, value = made
    return {**key.as_json(), "api_key": value}


def _find(services: Services, request: IncomingRequest, id: str) -> StoredKey:
    _refuse_read_only(services, request)
    key = services.users.find_key_by_id(id)
    if key is None or key.user_id != request.caller.user.id:
        raise NotFound(f"You have no API key {id!r}.")
    if services.users.is_root_key(key):
        raise Conflict("This key was given to the emulator at its start, and stays as it is.")
    return key


def _refuse_locking_out(services: Services, request: IncomingRequest, changed: StoredKey) -> None:
    try:
        check_restrictions(services, request, changed)
    except RestrictedKey as error:
        raise BadRequest(
            "This would lock out the key that is in use. Use ?force=true to do so."
        ) from error


def _refuse_read_only(services: Services, request: IncomingRequest) -> None:
    if is_read_only(services, request.caller):
        raise Forbidden(
            "A user with one of the roles read, upload and sourceimages:read cannot look at API"
            " keys. Use a trusted key."
        )


_ALL = "/user/apikeys"

ROUTES: tuple[Route, ...] = (
    Route("GET", _ALL, list_keys),
    Route("POST", _ALL, create),
    Route("GET", f"{_ALL}/current", read_current),
    Route("PATCH", f"{_ALL}/<id>", change),
    Route("DELETE", f"{_ALL}/<id>", delete),
)
