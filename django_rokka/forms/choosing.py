"""Images that rokka has already, chosen by hash or alias."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django_rokka.exceptions import InvalidAliasName, InvalidReference
from django_rokka.render import ImageReference, check_alias_name, has_alias_characters

if TYPE_CHECKING:
    from django_rokka.client import SourceImage
    from django_rokka.storage import RokkaStorage

__all__ = ["find_image", "read_choice"]


def read_choice(text: str) -> ImageReference:
    """Read a hash, a stored reference, or the name of an alias as it is or as in a URL.

    Raise ``InvalidReference`` for anything else; its cause is an ``InvalidAliasName`` where the
    text is no hash, and no name of an alias either.
    """
    reference = _read(text.strip())
    if not reference.hash:
        _check_alias(reference.alias)
    return reference


def find_image(
    choice: ImageReference, storage: RokkaStorage, *, end: float
) -> tuple[SourceImage, ImageReference]:
    """Ask rokka for a chosen image, until a moment of the monotonic clock, and make its reference.

    Raise ``NotFound`` when there is none, and other errors of ``django_rokka.exceptions``.
    """

    def left() -> dict[str, Any]:
        return {"deadline": max(0.0, end - time.monotonic())}

    client = storage.client
    found = choice.hash or client.aliases.get(choice.alias, **left()).hash
    image = client.source_images.get(found, **left())
    reference = ImageReference.from_file_name(
        image.name,
        hash=image.hash,
        extension=image.format,
        width=image.width or None,
        height=image.height or None,
        is_protected=image.is_protected,
    )
    return image, reference


def _read(text: str) -> ImageReference:
    """Read what has the form of a reference; all else is meant for the name of an alias."""
    try:
        return ImageReference.parse(text)
    except InvalidReference:
        named = ImageReference("", alias=text)
    if has_alias_characters(text):
        return named
    try:
        reference = ImageReference.parse(text, lenient=True)
    except InvalidReference:
        return named
    if reference.hash:  # a short one, which may mean several images
        raise InvalidReference(f"{text!r} is no whole hash. Use all of its 40 digits.")
    return reference


def _check_alias(name: str) -> None:
    try:
        check_alias_name(name)
    except InvalidAliasName as error:
        raise InvalidReference(f"{error} Or write a hash of 40 digits.") from error
