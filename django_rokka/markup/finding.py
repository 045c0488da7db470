"""What an image given to a tag is: an image at rokka, a file of the fallback, or nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured

from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage, get_rokka_storage
from django_rokka.storage.configured import is_own_name

__all__ = ["LINKS", "Place", "choose_link", "find_place"]

LINKS = ("hash", "alias")
"""What a render URL may link to."""


class Place(NamedTuple):
    """Where an image is: at rokka where it has a reference, else at its URL in the fallback."""

    storage: RokkaStorage
    reference: ImageReference | None
    default_stack: str = ""
    old_url: str = ""


def choose_link(reference: ImageReference, *, by: str, alias_format: str = "png") -> ImageReference:
    """Return what a URL links to: the image by its hash, or by its alias once it is confirmed.

    Raise ``ValueError`` when ``by`` is neither ``"hash"`` nor ``"alias"``.
    """
    if by not in LINKS:
        raise ValueError(f"Unknown way to render {by!r}, must be one of: 'hash', 'alias'.")
    return reference.by_alias(alias_format) if by == "alias" and reference.alias else reference


def find_place(image: Any, by: str = "", storage: str | None = None) -> Place:
    """Find an image: the value of a field, a reference or its text, or a place that was found.

    ``storage`` names the storage, for a text where there are several. Raise ``InvalidReference``
    under ``DEBUG`` for what is no reference, ``ImproperlyConfigured`` for a storage that is none.
    """
    if isinstance(image, ImageReference):
        return Place(get_rokka_storage(storage), choose_link(image, by=by) if by else image)
    if isinstance(image, Place):
        return image
    home = _find_storage(image, storage)
    if home.has_fallback and _is_elsewhere(image):
        return Place(home, None, "", home.url(str(image)))
    if hasattr(image, "get_link"):
        return Place(home, image.get_link(by), image.field.default_stack)
    reference = home.read_reference(str(image))
    link = None if reference is None else choose_link(reference, by=by or "hash")
    return Place(home, link, _get_default_stack(image))


def _find_storage(image: Any, alias: str | None) -> RokkaStorage:
    is_named = getattr(getattr(image, "field", None), "has_named_storage", True)
    if alias is not None or not is_named:  # sooner than the field finds it
        try:
            return get_rokka_storage(alias)
        except ImproperlyConfigured:
            if alias is not None:
                raise
    storage = getattr(image, "storage", None)
    return storage if isinstance(storage, RokkaStorage) else get_rokka_storage()


def _is_elsewhere(image: Any) -> bool:
    """Say whether an image is a file that the storage's fallback keeps; an upload is none yet."""
    return getattr(image, "_committed", True) and not is_own_name(str(image))


def _get_default_stack(image: Any) -> str:
    return str(getattr(getattr(image, "field", None), "default_stack", ""))
