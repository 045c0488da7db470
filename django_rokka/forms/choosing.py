"""Images that rokka has already, chosen by hash or alias."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django_rokka.exceptions import InvalidReference
from django_rokka.render import ImageReference, is_alias_name

if TYPE_CHECKING:
    from django_rokka.client import SourceImage
    from django_rokka.storage import RokkaStorage

__all__ = ["find_image", "read_choice"]

_MAX_LENGTH = 1000
_MAX_ALIAS_LENGTH = 150  # as of the names that RokkaImage makes, so that they fit its column


def read_choice(text: str) -> ImageReference:
    """Read a hash, a stored reference, or the name of an alias as it is or as in a URL.

    Raise ``InvalidReference`` for anything else.
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise InvalidReference(f"A text of {len(text)} characters names no image. Write its hash.")
    reference = _read(text)
    if len(reference.alias) > _MAX_ALIAS_LENGTH:
        raise InvalidReference(
            f"{text!r} is no alias: it has more than {_MAX_ALIAS_LENGTH} characters."
        )
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
    try:
        return ImageReference.parse(text)
    except InvalidReference:
        if is_alias_name(text):
            return ImageReference("", alias=text)
    reference = ImageReference.parse(text, lenient=True)
    if reference.hash:  # a short one, which may mean several images
        raise InvalidReference(f"{text!r} is no whole hash. Use all of its 40 digits.")
    return reference
