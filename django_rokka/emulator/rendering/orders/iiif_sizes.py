"""Regions and sizes of IIIF in pixels."""

from __future__ import annotations

import re
from typing import NamedTuple

from werkzeug.exceptions import BadRequest

__all__ = ["MAX_AREA", "MAX_SIDE", "Region", "read_region", "read_size"]

MAX_SIDE = 2048
"""Pixels of a side of a rendered image."""
MAX_AREA = MAX_SIDE * MAX_SIDE
"""Pixels of a rendered image."""

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_BOX = re.compile(rf"(?P<percent>pct:)?({_NUMBER}),({_NUMBER}),({_NUMBER}),({_NUMBER})")
_SIZE = re.compile(
    rf"(?P<upscale>\^)?(?:(?P<max>max|full)|pct:(?P<percent>{_NUMBER})"
    r"|(?P<within>!)?(?P<width>[0-9]{1,9})?,(?P<height>[0-9]{1,9})?)"
)


class Region(NamedTuple):
    """A part of an image, in whole pixels."""

    x: int
    y: int
    width: int
    height: int


def read_region(text: str, width: int, height: int) -> Region:
    """Read ``full``, ``square``, ``x,y,w,h`` or ``pct:x,y,w,h``; cut off what is outside."""
    if text == "full":
        return Region(0, 0, width, height)
    if text == "square":
        side = min(width, height)
        return Region((width - side) // 2, (height - side) // 2, side, side)
    match = _BOX.fullmatch(text)
    if match is None or ("." in text and not match["percent"]):
        raise BadRequest(f"The region {text[:100]!r} must be full, square, x,y,w,h or pct:x,y,w,h.")
    numbers = [float(number) for number in match.groups()[1:]]
    if match["percent"]:
        numbers = [
            number * side / 100
            for number, side in zip(numbers, (width, height, width, height), strict=True)
        ]
    x, y, wide, high = map(round, numbers)
    region = Region(x, y, min(wide, width - x), min(high, height - y))
    if region.width < 1 or region.height < 1:
        raise BadRequest(f"The region {text[:100]!r} has no pixel of the {width} x {height} image.")
    return region


def read_size(text: str, region: Region, *, version: int) -> tuple[int, int]:
    """Read a size; in version 3 it is not larger than the region without ``^``."""
    match = _SIZE.fullmatch(text)
    if match is None or not _is_of(version, match):
        raise BadRequest(
            f"The size {text[:100]!r} must be max, w, or ,h or w,h or !w,h or pct:n, and can begin"
            " with ^ to enlarge (IIIF 3)."
        )
    can_grow = version == 2 or bool(match["upscale"])
    width, height = _measure(match, region, can_grow=can_grow)
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_AREA:
        raise BadRequest(
            f"The size {text[:100]!r} would be {width} x {height}, more than {MAX_SIDE} pixels a"
            " side. Ask for a smaller one."
        )
    if not can_grow and (width > region.width or height > region.height):
        raise BadRequest(
            f"The size {text[:100]!r} is larger than the region's {region.width} x"
            f" {region.height}. Begin it with ^ to enlarge."
        )
    return width, height


def _is_of(version: int, match: re.Match[str]) -> bool:
    """Say whether the version has this spelling, and it names pixels."""
    sides = [int(side) for side in match.group("width", "height") if side]
    percent = match["percent"]
    if (version == 2 and match["upscale"]) or (version == 3 and match["max"] == "full"):
        return False
    if match["max"] or percent:
        return match["max"] is not None or float(percent) > 0
    return all(sides) and len(sides) >= (2 if match["within"] else 1)


def _measure(match: re.Match[str], region: Region, *, can_grow: bool) -> tuple[int, int]:
    width, height = int(match["width"] or 0), int(match["height"] or 0)
    if match["percent"]:
        return _scaled(region, float(match["percent"]) / 100)
    if match["max"]:
        # All of the region that the limits leave; they leave a square, so that its area fits.
        scale = min(MAX_SIDE / region.width, MAX_SIDE / region.height)
        return _scaled(region, scale if match["upscale"] else min(scale, 1))
    if match["within"]:
        scale = min(width / region.width, height / region.height)
        return _scaled(region, scale if can_grow else min(scale, 1))
    if width and height:
        return width, height
    if width:
        return width, max(1, round(region.height * width / region.width))
    return max(1, round(region.width * height / region.height)), height


def _scaled(region: Region, scale: float) -> tuple[int, int]:
    return max(1, round(region.width * scale)), max(1, round(region.height * scale))
