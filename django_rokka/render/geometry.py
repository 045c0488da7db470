"""How large a rendered image comes out, without rendering it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render.operations import Operation

__all__ = ["cropped_size", "rendered_size", "resized_size"]

# Operations after which the size is another one, and only rendering tells which.
_UNPREDICTABLE = frozenset(
    {"trim", "composition", "autorotate", "dropshadow", "text", "svgdynamic", "circlemask"}
)


def rendered_size(
    operations: Iterable[Operation], width: int, height: int, *, dpr: float = 1
) -> tuple[int, int] | None:
    """Return width and height in pixels after all operations, ``None`` if they decide it late.

    Raise ``InvalidRenderURL`` for a width, height or angle that is no number.
    """
    for operation in operations:
        options = operation.options
        if not _is_enabled(options):
            continue
        if operation.name == "resize":
            width, height = resized_size(options, width, height, dpr=dpr)
        elif operation.name == "crop":
            width, height = cropped_size(options, width, height, dpr=dpr)
        elif operation.name == "rotate" and (turn := _number(options, "angle") % 180):
            if turn != 90:
                return None
            width, height = height, width
        elif operation.name in _UNPREDICTABLE:
            return None
    return width, height


def resized_size(
    options: Mapping[str, Any], width: int, height: int, *, dpr: float = 1
) -> tuple[int, int]:
    """Return the size a resize gives: mode ``box`` fits inside, ``fill`` covers."""
    wanted_width, wanted_height = _number(options, "width"), _number(options, "height")
    factors = [
        wanted / actual
        for wanted, actual in ((wanted_width, width), (wanted_height, height))
        if wanted
    ]
    if not factors:
        return width, height
    mode = options.get("mode", "box")
    if mode == "absolute" and wanted_width and wanted_height:
        return _whole(wanted_width * dpr), _whole(wanted_height * dpr)
    factor = max(factors) if mode == "fill" else min(factors)
    factor = _limit(factor, dpr, options)
    return _whole(width * factor), _whole(height * factor)


def cropped_size(
    options: Mapping[str, Any], width: int, height: int, *, dpr: float = 1
) -> tuple[int, int]:
    """Return the size a crop gives; its ratio stays where the image is too small for it."""
    wanted_width = _number(options, "width") * dpr or width
    wanted_height = _number(options, "height") * dpr or height
    factor = min(width / wanted_width, height / wanted_height)
    if options.get("mode", "absolute") != "ratio":
        factor = min(factor, 1)
    return min(width, _whole(wanted_width * factor)), min(height, _whole(wanted_height * factor))


def _limit(factor: float, dpr: float, options: Mapping[str, Any]) -> float:
    """Apply ``upscale`` and ``upscale_dpr``, as rokka documents them in a table."""
    upscales, upscales_dpr = _flag(options, "upscale"), _flag(options, "upscale_dpr")
    if upscales and upscales_dpr:
        return factor * dpr
    if upscales:
        return min(factor * dpr, max(factor, 1))
    if upscales_dpr:
        return dpr * min(factor, 1)
    return min(factor * dpr, 1)


def _flag(options: Mapping[str, Any], name: str) -> bool:
    return str(options.get(name, True)).lower() not in {"false", "0"}


def _is_enabled(options: Mapping[str, Any]) -> bool:
    return _flag(options, "enabled")


def _number(options: Mapping[str, Any], name: str) -> float:
    value = options.get(name)
    if value in (None, ""):
        return 0.0
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


def _whole(value: float) -> int:
    return max(1, round(value))
