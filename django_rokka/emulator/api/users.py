"""``/users`` and ``/user``: signing up, and who one is."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from django_rokka.emulator.access.credentials import is_permitted, is_read_only, refuse_read_only
from django_rokka.emulator.api.api_keys import make_key
from django_rokka.emulator.api.organizations import check_organization_name, create_organization
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.origins import refuse_other_sites
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredMembership

__all__ = ["ROUTES"]

_MAX_ORGANIZATIONS = 50
"""Organizations whose members are listed at once."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def sign_up(services: Services, request: IncomingRequest, /) -> Response:
    """Make a user with a key and, if it is named, an organization of their own.

    Whoever reaches the emulator may; the pages of other sites, in a browser beside it, may not.
    """
    refuse_other_sites(request, what="Signing up")
    data = request.json_object()
    email, organization = data.get("email"), data.get("organization")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise BadRequest(f"email is {str(email)[:100]!r}, must be an address like a@example.com.")
    if organization is not None:
        check_organization_name(organization)
    with services.database.transaction():
        user = services.users.add(email, created=services.now())
        if organization is not None:
            create_organization(services, organization, user.id, billing_email=email)
        key = make_key(services, user.id, {})
    return json_response({"id": user.id, "email": email, "api_key": key["api_key"]})


def read(services: Services, request: IncomingRequest, /) -> Response:
    """Read who one is; read-only users see nothing but their id."""
    user = request.caller.user
    data: dict[str, Any] = {"user_id": user.id}
    if not is_read_only(services, request.caller):
        data["email"] = user.email
        data["api_keys"] = [key.as_json() for key in services.users.keys(user.id)]
    return json_response(data)


def list_memberships(services: Services, request: IncomingRequest, /) -> Response:
    """List the organizations that one's key opens; the emulator's own opens all."""
    caller = request.caller
    refuse_read_only(services, caller)
    known = {item.organization: item for item in services.memberships.of_user(caller.user.id)}
    items = []
    for organization in services.organizations.all():
        membership = known.get(organization.name)
        if membership is None and caller.is_root:
            membership = StoredMembership(
                organization=organization.name,
                organization_id=organization.id,
                user_id=caller.user.id,
                email=caller.user.email,
                roles=("admin",),
                created=organization.created,
            )
        if membership is not None:
            items.append(_write(membership, display_name=organization.display_name))
    return json_response({"total": len(items), "items": items})


def list_keys_of_members(services: Services, request: IncomingRequest, /) -> Response:
    """List all members, with their keys, of the organizations that one may look into."""
    caller = request.caller
    refuse_read_only(services, caller)
    organizations = [
        organization
        for organization in services.organizations.all()
        if is_permitted(services, caller, organization.name, "admin:read")
    ]
    items = [
        {
            **_write(membership, display_name=organization.display_name),
            "user_id": membership.user_id,
            "email": membership.email,
            "comment": membership.comment,
            "api_keys": [key.as_json() for key in services.users.keys(membership.user_id)],
        }
        for organization in organizations[:_MAX_ORGANIZATIONS]
        for membership in services.memberships.of_organization(organization.name)
    ]
    is_cut = len(organizations) > _MAX_ORGANIZATIONS
    return json_response({"total": len(items), "truncated": is_cut, "items": items})


def _write(membership: StoredMembership, *, display_name: str) -> dict[str, Any]:
    hidden = {"user_id", "email", "comment"}
    shown = {name: it for name, it in membership.as_json().items() if name not in hidden}
    return {"organization": membership.organization, "display_name": display_name, **shown}


ROUTES: tuple[Route, ...] = (
    Route("POST", "/users", sign_up, is_public=True),
    Route("GET", "/user", read),
    Route("GET", "/user/memberships", list_memberships),
    Route("GET", "/user/admin/apikeys", list_keys_of_members),
)
