"""What a finished picture shows, where that decides its format."""

from __future__ import annotations

from typing import Any

__all__ = ["has_visible_alpha", "is_graphic"]

# A graphic has large even areas and few colours; 16 shades a band tell colours apart.
_EVEN_SHARE = 0.5
_SHADES = 16
_MOST_COLOURS = 128


def has_visible_alpha(frame: Any) -> bool:
    """Say whether anything shines through."""
    return bool(frame.hasalpha()) and frame.extract_band(frame.bands - 1).min() < 255


def is_graphic(frame: Any) -> bool:
    """Say whether a picture was drawn, and is no photo: even areas in few colours."""
    colours = frame.extract_band(0, n=3)
    return _even_share(colours) >= _EVEN_SHARE and _count_colours(colours) <= _MOST_COLOURS


def measure_busyness(frame: Any) -> float:
    """Return the share of pixels that differ from their neighbours: what encoders work on."""
    return 1 - _even_share(frame)


def _even_share(colours: Any) -> float:
    """Return the share of pixels that are like those to the right and below."""
    width, height = max(1, colours.width - 1), max(1, colours.height - 1)
    here = colours.crop(0, 0, width, height)
    right = colours.crop(colours.width - width, 0, width, height)
    below = colours.crop(0, colours.height - height, width, height)
    is_even = (here == right).bandand() & (here == below).bandand()
    return float(is_even.avg()) / 255


def _count_colours(colours: Any) -> int:
    counts = colours.hist_find_ndim(bins=_SHADES)
    return round(float((counts > 0).avg()) / 255 * _SHADES**3)
