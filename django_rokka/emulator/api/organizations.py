"""``/organizations/{organization}`` and the root of the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import BadRequest, Conflict, Forbidden
from werkzeug.wrappers import Response

from django_rokka.emulator.access.credentials import is_permitted
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredOrganization

__all__ = ["ROUTES", "check_organization_name", "create_organization"]

_RESOURCES = (
    *("operations", "organizations", "sourceimages", "stacks", "stackoptions", "users"),
    *("user", "utils", "stats"),
)
_NAME = re.compile(r"[a-z0-9-]+")


def resources(_services: Services, _request: IncomingRequest, /) -> Response:
    """Say what there is; clients test a key with it."""
    return json_response(
        {"resources": [f"/{name}" for name in _RESOURCES], "environment": "emulator"}
    )


def read(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Read an organization; administrators see its signing keys."""
    return _answer(services, request, organization)


def create(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Make an organization, whose administrator is the caller."""
    data = request.json_object()
    billing_email = _read_text(data, "billing_email")
    if not billing_email:
        raise BadRequest('An organization needs a billing_email. Send {"billing_email": "..."}.')
    master = _read_text(data, "master_organization") or organization
    if master != organization:
        services.organization(master)
        if not is_permitted(services, request.caller, master, "admin"):
            raise Forbidden(f"Only administrators of {master!r} make organizations below it.")
    create_organization(
        services,
        organization,
        request.caller.user.id,
        billing_email=billing_email,
        display_name=_read_text(data, "display_name"),
        master_organization=master,
    )
    return _answer(services, request, organization)


def list_sub_organizations(
    services: Services, _request: IncomingRequest, /, organization: str
) -> Response:
    """List the organizations below this one."""
    owner = services.organization(organization)
    items = services.organizations.sub_organizations(organization)
    shown = ("name", "id", "display_name", "billing_email", "created")
    return json_response(
        {
            "organization": organization,
            "master_organization": owner.master_organization,
            "total": len(items),
            "items": [{name: getattr(item, name) for name in shown} for item in items],
        }
    )


def set_options(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Set several options."""
    return _set_options(services, request, organization, request.json_object())


def set_option(
    services: Services, request: IncomingRequest, /, organization: str, name: str
) -> Response:
    """Set one option; a text may come raw."""
    return _set_options(services, request, organization, {name: request.lenient_json()})


def check_organization_name(name: Any) -> None:
    """Answer 400 to what no organization can be called."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadRequest(
            f"{str(name)[:100]!r} is no name of an organization: use lower-case letters, digits"
            " and '-'."
        )


def create_organization(
    services: Services,
    name: str,
    user_id: str,
    *,
    billing_email: str,
    display_name: str = "",
    master_organization: str = "",
) -> None:
    """Make an organization with its first administrator; answer 409 when there is one."""
    created = services.now()
    with services.database.transaction():
        is_new = services.organizations.create(
            name,
            created=created,
            display_name=display_name or name,
            billing_email=billing_email,
            master_organization=master_organization or name,
        )
        if not is_new:
            raise Conflict(f"The organization {name!r} exists already. Choose another name.")
        services.memberships.put(name, user_id, ["admin"], comment=None, created=created)


def _answer(services: Services, request: IncomingRequest, name: str) -> Response:
    organization: StoredOrganization = services.organization(name)
    is_admin = is_permitted(services, request.caller, name, "admin")
    return json_response(organization.as_json(with_signing_keys=is_admin))


def _set_options(
    services: Services, request: IncomingRequest, organization: str, options: dict[str, Any]
) -> Response:
    for name, value in options.items():
        if name not in _OPTIONS:
            known = ", ".join(sorted(_OPTIONS))
            raise BadRequest(f"Unknown organization option {name!r}, must be one of: {known}.")
        _OPTIONS[name](name, value)
    if options.get("render_org_fallback") is not None:
        _check_fallback(services, request, options["render_org_fallback"])
    services.organizations.set_options(organization, options)
    return _answer(services, request, organization)


def _read_text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{name} is {str(value)[:100]!r}, must be a text.")
    return value or ""


def _check_flag(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise BadRequest(f"{name} is {str(value)[:100]!r}, must be true or false.")


def _check_base(name: str, value: Any) -> None:
    if value is not None and not (isinstance(value, str) and re.match(r"https?://", value)):
        raise BadRequest(f"{name} is {str(value)[:100]!r}, must begin with http:// or https://.")


def _check_patterns(name: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadRequest(f"{name} is {str(value)[:100]!r}, must be a list of regular expressions.")
    for pattern in value:
        _check_pattern(name, pattern)


def _check_pattern(name: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadRequest(
            f"{pattern[:100]!r} in {name} is no regular expression: {error}."
        ) from error


def _check_name(name: str, value: Any) -> None:
    if value is not None and not (isinstance(value, str) and _NAME.fullmatch(value)):
        raise BadRequest(f"{name} is {str(value)[:100]!r}, must be the name of an organization.")


def _check_fallback(services: Services, request: IncomingRequest, fallback: str) -> None:
    """Show the images of an organization to those only who administer it."""
    services.organization(fallback)
    if not is_permitted(services, request.caller, fallback, "admin"):
        raise Forbidden(f"Only administrators of {fallback!r} make it a render_org_fallback.")


_OPTIONS: dict[str, Callable[[str, Any], None]] = {
    "protect_dynamic_stack": _check_flag,
    "remote_basepath": _check_base,
    "remote_fullurl_allow": _check_flag,
    "remote_fullurl_whitelist": _check_patterns,
    "render_org_fallback": _check_name,
}

_ONE = "/organizations/<org:organization>"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/", resources),
    Route("GET", _ONE, read),
    Route("PUT", _ONE, create),
    Route("GET", f"{_ONE}/sub_organizations", list_sub_organizations),
    Route("PUT", f"{_ONE}/options", set_options),
    Route("PUT", f"{_ONE}/options/<name>", set_option),
)
