"""What shows in the place of a picture until it is there: a blurred one, or a colour."""

from __future__ import annotations

import re
from typing import Any

from django_rokka.render.blurhash import read_colour, write_picture

__all__ = ["ROW_PLACEHOLDERS", "write_placeholder"]

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_KINDS = {"blur": True, "color": False, "colour": False}

ROW_PLACEHOLDERS = tuple(_KINDS)
"""Placeholders of which each row has its own."""


def write_placeholder(image: Any, wish: Any) -> str:
    """Write declarations of CSS for a placeholder; nothing where there is none.

    ``wish`` is ``"blur"`` or ``"color"`` for the text of the field's ``placeholder_field``,
    a BlurHash, or a colour such as ``"#aabbcc"``. Raise ``ValueError`` for anything else.
    """
    if not wish:
        return ""
    text = str(wish)
    if _COLOUR.fullmatch(text):
        return f"background-color:{text}"
    if text in _KINDS:
        text, is_blurred = _read_row(image), _KINDS[text]
    elif read_colour(text):
        is_blurred = True
    else:
        raise ValueError(
            f"The placeholder {text[:200]!r} is none, must be 'blur', 'color', a colour such as"
            " '#aabbcc' or a BlurHash."
        )
    if not read_colour(text):
        return ""
    if not is_blurred:
        return f"background-color:{read_colour(text)}"
    return f"background:url({write_picture(text)}) center/cover no-repeat"


def _read_row(image: Any) -> str:
    """Return the BlurHash beside the image; a column that is not loaded is not asked for."""
    column = getattr(getattr(image, "field", None), "placeholder_field", "")
    if not column:
        return ""
    return str(vars(image.instance).get(column) or "")
