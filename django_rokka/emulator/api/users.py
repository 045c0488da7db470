"""``/users`` and ``/user``: signing up, and who one is."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from django_rokka.emulator.api.api_keys import make_key
from django_rokka.emulator.api.organizations import check_organization_name, create_organization
from django_rokka.emulator.credentials import is_read_only
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.routing import Route, missing
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredMembership

__all__ = ["ROUTES"]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def sign_up(services: Services, request: IncomingRequest, /) -> Response:
    """Make a user with a key and, if it is named, an organization of their own."""
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


def _write(membership: StoredMembership, *, display_name: str) -> dict[str, Any]:
    hidden = {"user_id", "email", "comment"}
    shown = {name: it for name, it in membership.as_json().items() if name not in hidden}
    return {"organization": membership.organization, "display_name": display_name, **shown}


ROUTES: tuple[Route, ...] = (
    Route("POST", "/users", sign_up, is_public=True),
    Route("GET", "/user", read),
    Route("GET", "/user/memberships", list_memberships),
    missing("GET", "/user/admin/apikeys", "the keys of other users"),
    *(
        missing(method, f"/user/mfa/totp{rest}", "second factors")
        for method in ("GET", "POST", "DELETE")
        for rest in ("", "/confirm")
    ),
)
