"""The size of a file that is not uploaded yet, as rokka will measure it."""

from __future__ import annotations

from typing import IO, Any

__all__ = ["is_on_its_side"]

_ORIENTATION = 0x0112
_ON_ITS_SIDE = range(5, 9)
"""Orientations of EXIF that swap width and height."""


def is_on_its_side(file: IO[Any]) -> bool:
    """Say whether an open file is a picture that is turned by a quarter when it is shown.

    It is read from its beginning, and stands there after it.
    """
    from PIL import Image, UnidentifiedImageError

    file.seek(0)
    try:
        with Image.open(file) as picture:
            return picture.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False  # what Pillow cannot read, rokka measures
    finally:
        file.seek(0)
