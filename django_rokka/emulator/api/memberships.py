"""``/organizations/{organization}/memberships``: who may do what."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import BadRequest, Conflict, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.access.roles import READ_ONLY, ROLES
from django_rokka.emulator.api.api_keys import make_key
from django_rokka.emulator.api.restrictions import read_comment, read_new_restrictions
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import Change, StoredMembership

__all__ = ["ROUTES"]


def list_members(services: Services, _request: IncomingRequest, /, organization: str) -> Response:
    """List the members."""
    items = services.memberships.of_organization(organization)
    return json_response({"total": len(items), "items": [item.as_json() for item in items]})


def create(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Make a user with roles and a key, whose value is shown this once."""
    data = request.json_object()
    roles, comment = _read_roles(data), read_comment(data)
    settings = data.get("api_key") or {}
    if not isinstance(settings, dict):
        raise BadRequest("api_key must be an object with the settings of the key.")
    read_comment(settings)
    restrictions = read_new_restrictions(settings, now=services.clock())
    if (
        READ_ONLY.intersection(roles)
        and restrictions.get("requires_mfa")
        and not restrictions.get("trusted")
    ):
        raise BadRequest(
            "A key with requires_mfa for a user with one of the roles read, upload and"
            " sourceimages:read could never set up its second factor. Make it a trusted one, too."
        )
    created = services.now()
    with services.database.transaction():
        user = services.users.add("", created=created)
        services.memberships.put(organization, user.id, roles, comment=comment, created=created)
        key = make_key(services, user.id, settings)
        membership = _find(services, organization, user.id)
    return json_response({**membership.as_json(), "api_key": key["api_key"]}, 201)


def read(
    services: Services, _request: IncomingRequest, /, organization: str, user_id: str
) -> Response:
    """Read one membership."""
    return json_response(_find(services, organization, user_id).as_json())


def put(
    services: Services, request: IncomingRequest, /, organization: str, user_id: str
) -> Response:
    """Give a user roles: 201 for a new member, 200 for other roles, 204 for the same."""
    data = request.json_object()
    roles, comment = _read_roles(data), read_comment(data)
    if services.users.find(user_id) is None:
        raise NotFound(f"There is no user {user_id!r}.")
    change = services.memberships.put(
        organization, user_id, roles, comment=comment, created=services.now()
    )
    if change is Change.UNCHANGED:
        return Response(status=204)
    if change is Change.REFUSED:
        raise _last_admin(organization)
    membership = _find(services, organization, user_id)
    return json_response(membership.as_json(), 201 if change is Change.NEW else 200)


def delete(
    services: Services, _request: IncomingRequest, /, organization: str, user_id: str
) -> Response:
    """Take a user out of the organization."""
    change = services.memberships.delete(organization, user_id)
    if change is Change.REFUSED:
        raise _last_admin(organization)
    if change is Change.MISSING:
        raise _not_found(organization, user_id)
    return Response(status=204)


def _read_roles(data: dict[str, Any]) -> list[str]:
    roles = data.get("roles") or ([data["role"]] if data.get("role") else [])
    if not isinstance(roles, list) or not roles:
        raise BadRequest('A membership needs roles. Send {"roles": ["read"]}.')
    for role in roles:
        if not isinstance(role, str) or role not in ROLES:
            known = ", ".join(sorted(ROLES))
            raise BadRequest(f"Unknown role {str(role)[:100]!r}, must be one of: {known}.")
    return sorted(set(roles))


def _find(services: Services, organization: str, user_id: str) -> StoredMembership:
    found = services.memberships.find(organization, user_id)
    if found is None:
        raise _not_found(organization, user_id)
    return found


def _not_found(organization: str, user_id: str) -> NotFound:
    return NotFound(f"The user {user_id!r} is no member of {organization!r}.")


def _last_admin(organization: str) -> Conflict:
    return Conflict(f"This is the last administrator of {organization!r}. Make another one first.")


_ALL = "/organizations/<org:organization>/memberships"
_ONE = f"{_ALL}/<user_id>"

ROUTES: tuple[Route, ...] = (
    Route("GET", _ALL, list_members),
    Route("POST", _ALL, create),
    Route("GET", _ONE, read),
    Route("PUT", _ONE, put),
    Route("DELETE", _ONE, delete),
)
