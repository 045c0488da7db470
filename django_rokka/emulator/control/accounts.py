"""``/_emulator/organizations/{organization}``: whether an organization pays."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services

__all__ = ["change_account", "describe_account"]


def describe_account(services: Services, organization: str) -> dict[str, Any]:
    """Say whether an organization pays, or answer 404."""
    found = services.organization(organization)
    return {"name": found.name, "is_paying": found.is_paying}


def change_account(services: Services, organization: str, request: IncomingRequest) -> None:
    """Make an organization a paying or a free one."""
    services.organization(organization)
    data = request.json_object()
    if set(data) != {"is_paying"} or not isinstance(data["is_paying"], bool):
        raise BadRequest('Send {"is_paying": true} or {"is_paying": false}.')
    services.organizations.set_paying(organization, is_paying=data["is_paying"])
