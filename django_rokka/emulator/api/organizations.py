"""``/organizations/{organization}`` and the root of the API (API.md 2.8 and 1.2)."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import Missing, json_response
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.routing import Route, missing
from django_rokka.emulator.services import Services

__all__ = ["ROUTES"]

_OPTIONS = frozenset({"protect_dynamic_stack"})
_MISSING_OPTIONS = frozenset(
    {"remote_basepath", "remote_fullurl_allow", "remote_fullurl_whitelist", "render_org_fallback"}
)
_RESOURCES = ("operations", "organizations", "sourceimages", "stacks", "stackoptions")


def resources(_services: Services, _request: IncomingRequest, /) -> Response:
    """Say what there is; clients test a key with it."""
    return json_response(
        {"resources": [f"/{name}" for name in _RESOURCES], "environment": "emulator"}
    )


def read(services: Services, _request: IncomingRequest, /, organization: str) -> Response:
    """Read an organization, with its signing keys: the emulator's key is an administrator's."""
    return json_response(services.organization(organization).as_json())


def set_options(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Set several options."""
    return _set_options(services, organization, request.json_object())


def set_option(
    services: Services, request: IncomingRequest, /, organization: str, name: str
) -> Response:
    """Set one option."""
    return _set_options(services, organization, {name: request.lenient_json()})


def _set_options(services: Services, organization: str, options: dict[str, Any]) -> Response:
    services.organization(organization)
    for name, value in options.items():
        if name in _MISSING_OPTIONS:
            raise Missing(f"the organization option {name!r}")
        if name not in _OPTIONS:
            known = ", ".join(sorted(_OPTIONS | _MISSING_OPTIONS))
            raise BadRequest(f"Unknown organization option {name!r}, must be one of: {known}.")
        if not isinstance(value, bool):
            raise BadRequest(f"{name} is {str(value)[:100]!r}, must be true or false.")
    services.organizations.set_options(organization, options)
    return json_response(services.organization(organization).as_json())


_ONE = "/organizations/<org:organization>"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/", resources),
    Route("GET", _ONE, read),
    Route("PUT", f"{_ONE}/options", set_options),
    Route("PUT", f"{_ONE}/options/<name>", set_option),
    missing("PUT", _ONE, "making organizations (start it with --organization NAME)"),
    *(
        missing(method, f"{prefix}{rest}", what)
        for prefix, what in (
            (f"{_ONE}/memberships", "memberships"),
            (f"{_ONE}/sub_organizations", "sub organizations"),
            ("/users", "users"),
            ("/user", "users and their keys"),
            ("/utils/<org:organization>", "utils (sign_url and render)"),
            ("/stats/<org:organization>", "statistics"),
            ("/billing/<org:organization>", "billing"),
        )
        for rest in ("", "/<path:rest>")
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE")
    ),
)
