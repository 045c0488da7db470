"""The documented rules of sizes and places, written a second time and apart from the renderer.

A picture is seen as its size and as the place in the source that each of its pixels shows.
Fractions stay exact; where the documentation does not say how a fraction becomes a whole number
of pixels, either neighbour is right, and ``Doubt`` carries that to what follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any, TypeAlias

Options: TypeAlias = Mapping[str, Any]
Operation: TypeAlias = tuple[str, Options]
Number: TypeAlias = int | Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A box in the picture at hand."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction

    def scaled(self, by_x: Fraction, by_y: Fraction) -> Area:
        return Area(
            x=self.x * by_x, y=self.y * by_y, width=self.width * by_x, height=self.height * by_y
        )

    def moved(self, left: Fraction, top: Fraction) -> Area:
        return replace(self, x=self.x - left, y=self.y - top)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A picture: its size, and the affine way from its places back to the source's."""

    width: Fraction
    height: Fraction
    # source x = a * x + b * y + c, source y = d * x + e * y + f
    way: tuple[Fraction, Fraction, Fraction, Fraction, Fraction, Fraction]
    doubt: Fraction = Fraction(0)  # pixels by which a place may be off
    loose: bool = False  # whether a side came from a fraction that was rounded before
    is_resampled: bool = False
    wanted: tuple[Fraction, Fraction] | None = None  # the size a resize did not reach
    enlarged: Fraction = Fraction(1)  # the dpr that a resize has applied
    area: Area | None = None
    is_crop_area: bool = False

    def source_place(self, x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
        a, b, c, d, e, f = self.way
        return a * x + b * y + c, d * x + e * y + f

    def scale(self) -> tuple[Fraction, Fraction]:
        """How many source pixels one pixel spans, along the source's axes."""
        a, b, _, d, e, _ = self.way
        return abs(a) + abs(b), abs(d) + abs(e)

    def sizes(self, side: Fraction) -> range:
        """The whole numbers that a side may come to."""
        slack = 1 if self.loose else 0
        return range(max(1, floor(side) - slack), max(1, ceil(side) + slack) + 1)


def sheet(width: int, height: int, area: Area | None = None, *, is_crop: bool = False) -> Sheet:
    one, zero = Fraction(1), Fraction(0)
    return Sheet(
        width=Fraction(width),
        height=Fraction(height),
        way=(one, zero, zero, zero, one, zero),
        area=area,
        is_crop_area=is_crop,
    )


def render(source: Sheet, operations: Sequence[Operation], *, dpr: Fraction) -> Sheet:
    """Follow the operations one after the other."""
    for name, options in operations:
        source = _RULES[name](source, options, dpr)
    return source


def _resize(source: Sheet, options: Options, dpr: Fraction) -> Sheet:
    wanted = [options.get("width"), options.get("height")]
    sides = (source.width, source.height)
    factors = [Fraction(want) / side for want, side in zip(wanted, sides, strict=True) if want]
    if options.get("mode") != "absolute":
        factors = [max(factors) if options.get("mode") == "fill" else min(factors)] * 2
    grown = [_grow(factor, options, dpr) for factor in factors]
    asked = tuple(side * factor * dpr for side, factor in zip(sides, factors, strict=True))
    made = _stretched(source, *grown)
    missed = grown != [factor * dpr for factor in factors]
    return replace(made, enlarged=dpr, wanted=(asked[0], asked[1]) if missed else None)


def _grow(factor: Fraction, options: Options, dpr: Fraction) -> Fraction:
    """Apply the table of `upscale` and `upscale_dpr` (true/false with growth is left open)."""
    may_grow, may_grow_dpr = options.get("upscale", True), options.get("upscale_dpr", True)
    if may_grow and may_grow_dpr:
        return factor * dpr
    if may_grow_dpr:
        return min(factor, Fraction(1)) * dpr
    return min(factor * dpr, Fraction(1))


def _stretched(source: Sheet, by_x: Fraction, by_y: Fraction) -> Sheet:
    a, b, c, d, e, f = source.way
    width, height = source.width * by_x, source.height * by_y
    # Not documented: how a side is rounded, and thus where exactly the pixels lie.
    is_rounded = any(side.denominator != 1 for side in (width, height))
    return replace(
        source,
        width=width,
        height=height,
        way=(a / by_x, b / by_y, c, d / by_x, e / by_y, f),
        doubt=source.doubt + (1 if is_rounded else 0),
        is_resampled=source.is_resampled or by_x != 1 or by_y != 1,
        area=source.area and source.area.scaled(by_x, by_y),
    )


def _crop(source: Sheet, options: Options, dpr: Fraction) -> Sheet:
    width, height = Fraction(options["width"]), Fraction(options["height"])
    if source.area and source.is_crop_area:
        return _cut(source, source.area)
    if source.area and options.get("mode") == "box":
        return _cut(source, source.area)
    if source.area and options.get("mode") == "area":
        return _cut(source, _around(source, source.area, width / height))
    if options.get("mode") == "ratio":
        width, height = _largest(source, width / height)
    else:
        width, height = width * source.enlarged, height * source.enlarged
    # "Smart enough to know that an image was not upscaled": the ratio stays.
    if source.wanted and (width > source.width or height > source.height):
        width, height = _largest(source, width / height)
    factor = Fraction(options.get("scale", 100)) / 100
    width, height = width * factor, height * factor
    x, y = _place(source, options, width, height)
    return _cut(source, Area(x=x, y=y, width=width, height=height))


def _largest(source: Sheet, ratio: Fraction) -> tuple[Fraction, Fraction]:
    width = min(source.width, source.height * ratio)
    return width, width / ratio


def _around(source: Sheet, area: Area, ratio: Fraction) -> Area:
    """Make the box of that ratio that just holds the area, around its middle."""
    width = max(area.width, area.height * ratio)
    height = width / ratio
    return Area(
        x=_within(area.x + (area.width - width) / 2, source.width - width),
        y=_within(area.y + (area.height - height) / 2, source.height - height),
        width=width,
        height=height,
    )


def _place(
    source: Sheet, options: Options, width: Fraction, height: Fraction
) -> tuple[Fraction, Fraction]:
    room_x, room_y = source.width - width, source.height - height
    anchor = options.get("anchor", "auto")
    if anchor in {"auto", "subjectarea", "face"}:
        if source.area and anchor != "face":
            middle_x = source.area.x + source.area.width / 2
            middle_y = source.area.y + source.area.height / 2
            return _within(middle_x - width / 2, room_x), _within(middle_y - height / 2, room_y)
        anchor = options.get("fallback", "center_center")
    x, y = anchor.split("_")
    one, half = Fraction(1), Fraction(1, 2)
    names = {"left": 0 * one, "top": 0 * one, "center": half, "right": one, "bottom": one}
    return (
        room_x * names[x] if x in names else Fraction(x) * source.enlarged,
        room_y * names[y] if y in names else Fraction(y) * source.enlarged,
    )


def _within(value: Fraction, maximum: Fraction) -> Fraction:
    return max(Fraction(0), min(value, maximum))


def _cut(source: Sheet, box: Area) -> Sheet:
    a, b, c, d, e, f = source.way
    edges = (box.x, box.y, box.width, box.height)
    # Not documented: which way half a pixel at the left and at the top goes.
    is_rounded = any(edge.denominator != 1 for edge in edges)
    sides = {source.width, source.height}
    return replace(
        source,
        width=box.width,
        height=box.height,
        way=(a, b, a * box.x + b * box.y + c, d, e, d * box.x + e * box.y + f),
        doubt=source.doubt + (1 if is_rounded else 0),
        loose=any(side.denominator != 1 for side in sides)
        and any(side.denominator != 1 for side in (box.width, box.height)),
        area=source.area and source.area.moved(box.x, box.y),
    )


def _rotate(source: Sheet, options: Options, dpr: Fraction) -> Sheet:
    for _ in range(int(options["angle"]) % 360 // 90):
        source = _quarter(source)
    return source


def _quarter(source: Sheet) -> Sheet:
    """Turn clockwise: what was at the left is at the top."""
    a, b, c, d, e, f = source.way
    height = source.height
    return replace(
        source,
        width=height,
        height=source.width,
        way=(-b, a, b * height + c, -e, d, e * height + f),
        area=None,
        wanted=None,
    )


def _flip(source: Sheet) -> Sheet:
    a, b, c, d, e, f = source.way
    return replace(source, way=(-a, b, a * source.width + c, -d, e, d * source.width + f))


def _autorotate(source: Sheet, options: Options, dpr: Fraction) -> Sheet:
    """Turn by EXIF's tag 274, which the test passes on as an option of its own."""
    orientation = options.get("exif", 1)
    quarters = {3: 2, 4: 2, 5: 1, 6: 1, 7: 3, 8: 3}.get(orientation, 0)
    # 2, 4, 5, 7 are mirrored: left and right are exchanged before or after the turn.
    for _ in range(quarters):
        source = _quarter(source)
    return _flip(source) if orientation in {2, 4, 5, 7} else source


def _stay(source: Sheet, options: Options, dpr: Fraction) -> Sheet:
    return source


_RULES = {
    "resize": _resize,
    "crop": _crop,
    "rotate": _rotate,
    "autorotate": _autorotate,
    "noop": _stay,
}
