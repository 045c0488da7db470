"""Widths and densities, as templates write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["read_densities", "read_widths"]

_DENSITY = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,4})?")


def read_widths(text: str | int | Iterable[int]) -> list[int]:
    """Read widths in pixels from ``"400 800"``, one number or several.

    Raise ``ValueError`` for anything that is no positive number.
    """
    widths = [int(word) if word.isdecimal() else 0 for word in _split(text)]
    if 0 in widths:
        raise ValueError(f"The widths {text!r} cannot be read; write pixels, as in '400 800'.")
    return widths


def read_densities(text: str | float | Iterable[float]) -> list[float]:
    """Read densities from ``"1 1.5 2x"``, one number or several.

    Raise ``ValueError`` for anything but numbers from 1 to 10.
    """
    words = [word.removesuffix("x") for word in _split(text)]
    densities = [float(word) if _DENSITY.fullmatch(word) else 0 for word in words]
    if any(not 1 <= density <= 10 for density in densities):
        raise ValueError(
            f"The densities {text!r} cannot be read; write numbers from 1 to 10, as in '1 1.5 2'."
        )
    return densities


def _split(text: object) -> list[str]:
    values = text.split() if isinstance(text, str) else text
    return [str(value) for value in (values if isinstance(values, Iterable) else [values])]
