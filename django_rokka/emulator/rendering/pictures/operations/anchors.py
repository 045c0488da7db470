"""Where an anchor puts a box or a layer."""

from __future__ import annotations

from django_rokka.emulator.errors import Missing

__all__ = ["PARTS", "has_pixels", "place", "place_layer"]

PARTS = {"left": 0.0, "top": 0.0, "center": 0.5, "centre": 0.5, "right": 1.0, "bottom": 1.0}
"""Which part of the room that is left lies before what a word places."""

_CENTRE = "center_center"
# Layers have no face; rokka centres what it does not find.
_CENTRED = frozenset({"auto", "face"})
_AREAS = frozenset({"smart", "subjectarea", "croparea"})


def place(anchor: str, across: int, down: int, *, density: float) -> tuple[int, int]:
    """Return x and y by two words or numbers, which leave so much room; numbers are pixels.

    Pixels grow by the density, and may lead beyond the room.
    """
    horizontal, vertical = anchor.replace("-", "_").split("_")
    return _offset(horizontal, across, density), _offset(vertical, down, density)


def place_layer(anchor: str, across: int, down: int, *, density: float) -> tuple[int, int]:
    """Return where a layer goes; 501 for what is looked for in the picture below."""
    if anchor in _AREAS:
        raise Missing(f"the anchor {anchor!r} of layers", remedy=f"Use {_CENTRE} instead.")
    return place(_CENTRE if anchor in _CENTRED else anchor, across, down, density=density)


def has_pixels(anchor: str) -> bool:
    """Say whether an anchor names pixels."""
    return any(letter.isdigit() for letter in anchor)


def _offset(word: str, room: int, density: float) -> int:
    return round(room * PARTS[word] if word in PARTS else int(word) * density)
