"""How large a rendered image comes out, without rendering it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render.operations import Operation

__all__ = ["cropped_size", "rendered_size", "resized_size", "turns_to_fit", "whole_pixels"]

_Size = tuple[int, int]

# Operations after which the size is another one, and only rendering tells which.
_UNPREDICTABLE = frozenset({"trim", "composition", "dropshadow", "svgdynamic"})


def rendered_size(
    operations: Iterable[Operation], width: int, height: int, *, dpr: float = 1
) -> tuple[int, int] | None:
    """Return width and height in pixels after all operations, ``None`` if they decide it late.

    A crop area in the metadata of the image is not known here; it makes crops of its own size.
    Raise ``InvalidRenderURL`` for a width, height, angle or scale that is no number.
    """
    size: _Size | None = (width, height)
    density = 1.0  # what is before the resize works on the pixels of the source
    for operation in operations:
        if size is None:
            return None
        if not _flag(operation.options, "enabled"):
            continue
        if operation.name == "resize":
            size = resized_size(operation.options, *size, dpr=dpr, density=density)
            density = dpr
        elif operation.name == "crop":
            size = _crop(operation.options, size, density)
        elif operation.name in _TURNS:
            size = _TURNS[operation.name](operation.options, size)
        elif operation.name in _UNPREDICTABLE:
            size = None
    return size


def resized_size(
    options: Mapping[str, Any], width: int, height: int, *, dpr: float = 1, density: float = 1
) -> tuple[int, int]:
    """Return the size a resize gives: mode ``box`` fits inside, ``fill`` covers.

    ``density`` is the dpr by which a resize before has multiplied the size.
    """
    factors = {
        name: wanted / actual
        for name, actual in (("width", width), ("height", height))
        if (wanted := _number(options, name))
    }
    if not factors:
        return width, height
    mode = options.get("mode", "box")
    if not (mode == "absolute" and len(factors) > 1):
        factor = max(factors.values()) if mode == "fill" else min(factors.values())
        factors = {"width": factor, "height": factor}
    return (
        whole_pixels(width * _limit(factors["width"], options, dpr=dpr, density=density)),
        whole_pixels(height * _limit(factors["height"], options, dpr=dpr, density=density)),
    )


def cropped_size(
    options: Mapping[str, Any], width: int, height: int, *, dpr: float = 1
) -> tuple[int, int]:
    """Return the size of a crop without an area; its ratio stays where the image is too small.

    The mode ``area`` takes width and height as a ratio, and ``box`` takes them as pixels.
    ``dpr`` is the one by which a resize before has multiplied the size.
    """
    wanted_width = _number(options, "width") * dpr or width
    wanted_height = _number(options, "height") * dpr or height
    factor = min(width / wanted_width, height / wanted_height)
    if options.get("mode", "absolute") not in {"ratio", "area"}:
        factor = min(factor, 1)
    factor *= _number(options, "scale", 100) / 100
    return (
        whole_pixels(min(width, wanted_width * factor)),
        whole_pixels(min(height, wanted_height * factor)),
    )


def turns_to_fit(options: Mapping[str, Any], width: int, height: int) -> bool:
    """Say whether an autorotate turns by 90 degrees: one is upright, and the format is not."""
    wanted_width, wanted_height = _number(options, "width"), _number(options, "height")
    if not (wanted_width and wanted_height):
        return False
    return (wanted_width - wanted_height) * (width - height) < 0


def whole_pixels(value: float) -> int:
    """Round to a whole number of pixels, halves up; a side has one at least."""
    # What floats lose must not make a half less than one.
    return max(1, math.floor(round(value, 6) + 0.5))


def _crop(options: Mapping[str, Any], size: _Size, density: float) -> _Size | None:
    predicted = cropped_size(options, *size, dpr=density)
    # These take the size of an area that the image has in its metadata, if it has it.
    if options.get("mode") in {"box", "area"} or options.get("area"):
        return None
    return predicted


def _rotate(options: Mapping[str, Any], size: _Size) -> _Size | None:
    turn = _number(options, "angle") % 180
    if turn not in {0, 90}:
        return None
    return size[::-1] if turn else size


def _autorotate(options: Mapping[str, Any], size: _Size) -> _Size | None:
    wanted_width, wanted_height = _number(options, "width"), _number(options, "height")
    if not (wanted_width and wanted_height) or wanted_width == wanted_height:
        return None  # the EXIF orientation alone decides
    shorter, longer = sorted(size)
    return (longer, shorter) if wanted_width > wanted_height else (shorter, longer)


def _limit(factor: float, options: Mapping[str, Any], *, dpr: float, density: float) -> float:
    """Apply ``upscale`` and ``upscale_dpr``, as rokka documents them in a table.

    Larger than the picture is what would be larger at a dpr of 1, where it has no density.
    """
    if not _flag(options, "upscale"):
        factor = min(factor, 1 / density)
    if _flag(options, "upscale_dpr"):
        return factor * dpr
    return min(factor * dpr, max(factor, 1))


def _flag(options: Mapping[str, Any], name: str) -> bool:
    return str(options.get(name, True)).lower() not in {"false", "0"}


def _number(options: Mapping[str, Any], name: str, default: float = 0) -> float:
    value = options.get(name)
    if value in (None, ""):
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidRenderURL(
            f"The {name} {str(value)[:60]!r} of an operation is no number. Write one; a stack"
            " computes it where it stands in 'expressions', not in 'options'."
        )
    return number


_TURNS = {"rotate": _rotate, "autorotate": _autorotate}
