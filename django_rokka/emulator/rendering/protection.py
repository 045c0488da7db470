"""Signatures: what opens a protected image, stack or organization."""

from __future__ import annotations

from werkzeug.exceptions import Forbidden

from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredOrganization
from django_rokka.render import is_signature_valid

__all__ = ["require_signature"]


def require_signature(services: Services, owner: StoredOrganization, target: str) -> None:
    """Refuse a raw path and query that the organization's key did not sign, or whose time is up."""
    if not is_signature_valid(target, [owner.signing_key], now=services.clock()):
        raise Forbidden(
            "This picture is protected and the URL has no valid signature. Sign it with the"
            " signing key of the organization; the time limit may also be over."
        )
