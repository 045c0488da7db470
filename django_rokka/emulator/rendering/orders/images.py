"""The image that a URL names: by hash or alias, here or in the organization's fallback."""

from __future__ import annotations

from werkzeug.exceptions import NotFound

from django_rokka.emulator.services import Services, no_source_image
from django_rokka.emulator.store import StoredImage, StoredOrganization

__all__ = ["ImageNotHere", "find_image"]

_ALIAS_MARKS = ("-_", "_-")


class ImageNotHere(NotFound):
    """404 for an image that never was here; it may be elsewhere."""


def find_image(services: Services, owner: StoredOrganization, name: str) -> StoredImage:
    """Return an image by its hash, short hash or ``-_alias_-``, or answer 404."""
    found = _find(services, owner.name, name)
    fallback = owner.options.get("render_org_fallback")
    if found is None and fallback:
        # Its own fallback is not asked: organizations may point to each other.
        found = _find(services, fallback, name)
    if found is not None:
        return found
    raise _refusal(services, owner.name, name)


def _find(services: Services, organization: str, name: str) -> StoredImage | None:
    alias = _alias_of(name)
    if not alias:
        return services.source_images.find(organization, name)
    stored = services.aliases.find(organization, alias)
    return services.source_images.find(organization, stored.hash) if stored else None


def _refusal(services: Services, organization: str, name: str) -> NotFound:
    alias = _alias_of(name)
    if alias:
        stored = services.aliases.find(organization, alias)
        if stored is None:
            return ImageNotHere(f"No alias {alias!r} found in {organization!r}.")
        name = stored.hash
    error = no_source_image(organization, name)
    if services.source_images.find(organization, name, with_deleted=True) is not None:
        return error
    return ImageNotHere(error.description)


def _alias_of(name: str) -> str:
    """Return the alias in the name of an image, or nothing for a hash."""
    start, end = _ALIAS_MARKS
    is_alias = name.startswith(start) and name.endswith(end)
    return name[len(start) : -len(end)] if is_alias else ""
