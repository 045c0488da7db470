"""Paying and free accounts: what costs rokka something, free ones are refused."""

from __future__ import annotations

from werkzeug.exceptions import Forbidden

from django_rokka.emulator.services import Services

__all__ = ["require_paying"]


def require_paying(services: Services, organization: str, what: str) -> None:
    """Refuse a free organization what is for paying ones."""
    if not services.organization(organization).is_paying:
        raise Forbidden(
            f"{what} is for paying accounts, and that of {organization!r} is a free one. In the"
            f' emulator, PUT /_emulator/organizations/{organization} with {{"is_paying": true}}'
            " changes that."
        )
