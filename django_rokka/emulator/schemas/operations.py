"""The operations, as GET /operations shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.schemas.values import (
    HEX_COLOUR,
    Schema,
    check_value,
    flag,
    integer,
    number,
    text,
)
from django_rokka.render.operations import Operation

__all__ = [
    "MISSING_OPERATIONS",
    "OPERATIONS",
    "check_is_rendered",
    "check_operation",
    "check_operation_name",
]

_ANCHOR = (
    r"(?:(?:left|center|right|[0-9]+)[_-](?:top|center|bottom|[0-9]+))"
    r"|smart|subjectarea|face|auto"
)
_ENABLED = {"enabled": flag(default=True)}

OPERATIONS: Mapping[str, Schema] = {
    "resize": {
        "properties": {
            "width": integer(1, 10000),
            "height": integer(1, 10000),
            "mode": text(values=["box", "fill", "absolute"], default="box"),
            "upscale": flag(default=True),
            "upscale_dpr": flag(default=True),
            "sharpen": flag(default=False),
            **_ENABLED,
        },
        "oneOf": [{"required": ["width"]}, {"required": ["height"]}],
        "description": "Scale to a width, a height, or into both.",
    },
    "crop": {
        "properties": {
            "width": integer(1, 99999),
            "height": integer(1, 99999),
            "anchor": text(_ANCHOR, default="auto"),
            "fallback": text(_ANCHOR, default="center_center"),
            "mode": text(values=["absolute", "ratio", "box", "area"], default="absolute"),
            "scale": number(0, 100, default=100),
            "area": text(r"[a-zA-Z0-9_]+"),
            **_ENABLED,
        },
        "required": ["width", "height"],
        "description": "Cut out a box of this size or ratio.",
    },
    "rotate": {
        "properties": {
            "angle": number(-360, 360),
            "background_color": text(HEX_COLOUR, default="FFFFFF"),
            "background_opacity": number(0, 100, default=0),
            **_ENABLED,
        },
        "required": ["angle"],
        "description": "Turn clockwise by degrees.",
    },
    "autorotate": {
        "properties": {
            "width": integer(1, 10000),
            "height": integer(1, 10000),
            "rotation_direction": text(values=["clockwise", "counterclockwise"]),
            **_ENABLED,
        },
        "description": "Turn upright by the EXIF orientation; or by 90 degrees to fit a format.",
    },
    "grayscale": {"properties": dict(_ENABLED), "description": "Take the colour away."},
    "blur": {
        "properties": {
            "sigma": number(0, 100, default=4),
            "radius": integer(0, 500, default=0),
            **_ENABLED,
        },
        "description": "Blur with a Gaussian.",
    },
    "noop": {"properties": dict(_ENABLED), "description": "Change nothing."},
}
"""The operations that are rendered, as GET /operations shows them."""

MISSING_OPERATIONS = frozenset(
    {
        *("composition", "text", "sharpen", "alpha", "modulate", "multiply", "dropshadow"),
        *("trim", "primitive", "glitch", "addframes", "face", "svgdynamic", "sepia"),
        *("circlemask", "svg2bitmap"),
    }
)
"""The operations that rokka has besides."""


def check_operation_name(name: str) -> None:
    """Refuse an operation that rokka has not either."""
    if name not in OPERATIONS and name not in MISSING_OPERATIONS:
        known = ", ".join(sorted({*OPERATIONS, *MISSING_OPERATIONS}))
        raise BadRequest(f"Unknown operation {name!r}, must be one of: {known}.")


def check_operation(operation: Operation, *, is_complete: bool = True) -> Operation:
    """Return the operation with typed values.

    Refuse unknown names and values; and, where all its values are known, what is required.
    """
    check_operation_name(operation.name)
    if operation.name in MISSING_OPERATIONS:
        return operation
    schema = OPERATIONS[operation.name]
    values = {
        name: check_value(value, schema["properties"], name=name, owner=f"{operation.name} option")
        for name, value in operation.options.items()
        if value is not None
    }
    if is_complete:
        _check_required(operation.name, schema, values)
    return Operation(operation.name, **values)


def check_is_rendered(operation: Operation) -> None:
    """Answer 501 for an operation that rokka has and the emulator has not."""
    if operation.name in MISSING_OPERATIONS:
        raise Missing(f"the operation {operation.name!r}")


def _check_required(name: str, schema: Schema, values: Mapping[str, Any]) -> None:
    missing = [word for word in schema.get("required", ()) if word not in values]
    if missing:
        raise BadRequest(f"The operation {name!r} needs a value for {' and '.join(missing)}.")
    choices = [item["required"][0] for item in schema.get("oneOf", ())]
    if choices and not any(choice in values for choice in choices):
        raise BadRequest(f"The operation {name!r} needs a value for {' or '.join(choices)}.")
