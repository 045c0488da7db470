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
    r"(?:(?:left|center|right|[0-9]{1,5})[_-](?:top|center|bottom|[0-9]{1,5}))"
    r"|smart|subjectarea|croparea|face|auto"
)
_QUERY = r"(?:[^&=]+=[^&]*(?:&[^&=]+=[^&]*)*)?"
# Up to a thousand characters that can be written: no control characters, no halves of a pair.
_WORDS = r"[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]{0,1000}"
# The most that libvips takes of what rokka passes on to it.
_SLOPE = 1_000_000
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
            "scale": number(0, default=100),
            "area": text(r"[a-zA-Z0-9_]+"),
            "movearea_x": number(-100, 100, default=0),
            "movearea_y": number(-100, 100, default=0),
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
    "trim": {
        "properties": {"fuzzy": number(0, 100, default=0), **_ENABLED},
        "description": "Cut off edges that look like the background.",
    },
    "grayscale": {
        "properties": {"levels": integer(2, 256, default=256), **_ENABLED},
        "description": "Take the colour away, and most of the grays where there are few levels.",
    },
    "blur": {
        "properties": {
            "sigma": number(0, default=4),
            "radius": integer(0, 500, default=0),
            **_ENABLED,
        },
        "description": "Blur with a Gaussian.",
    },
    "alpha": {
        "properties": {
            "mode": text(values=["mask", "extract", "remove", "apply"], default="mask"),
            "opacity": number(0, 100, default=50),
            **_ENABLED,
        },
        "description": "Show the alpha channel, take it away, or make more transparent.",
    },
    "circlemask": {
        "properties": {"radius": text(r"[0-9]{1,5}(?:\.[0-9]+)?[p%]?"), **_ENABLED},
        "description": "Make transparent what is outside of a circle, or of rounded corners.",
    },
    "composition": {
        "properties": {
            "mode": text(values=["foreground", "background"], default="background"),
            "width": integer(1, 10000),
            "height": integer(1, 10000),
            "resize_mode": text(values=["box", "fill", "absolute"], default="box"),
            "resize_to_primary": flag(default=False),
            "anchor": text(_ANCHOR, default="center_center"),
            "secondary_color": text(HEX_COLOUR, default="000000"),
            "secondary_opacity": number(0, 100, default=100),
            "secondary_image": text(r"[0-9a-f]{6,40}"),
            "secondary_stack": text(r"[A-Za-z0-9_-]+"),
            "secondary_stack_variables": text(_QUERY),
            "angle": number(-360, 360, default=0),
            "empty_primary": flag(default=False),
            # What rokka keeps for later changes nothing that is seen.
            "cache": flag(default=True),
            **_ENABLED,
        },
        "description": "Lay over or under another image, or a box of one colour.",
    },
    "dropshadow": {
        "properties": {
            "horizontal": integer(-100, 100, default=0),
            "vertical": integer(-100, 100, default=0),
            "opacity": number(0, 100, default=100),
            "sigma": number(0, default=0.5),
            "blur_radius": number(0, default=0),
            "color": text(HEX_COLOUR, default="000000"),
            **_ENABLED,
        },
        "description": "Put a shadow behind, for which the picture grows.",
    },
    "glitch": {
        "properties": {
            "amount": integer(0, 10, default=4),
            "random": text(),
            **_ENABLED,
        },
        "description": "Disturb, as if the file were damaged.",
    },
    "modulate": {
        "properties": {
            "brightness": integer(0, 500, default=100),
            "saturation": integer(0, 500, default=100),
            "hue": integer(0, 360, default=0),
            **_ENABLED,
        },
        "description": "Change brightness and saturation by percent, the hue by degrees.",
    },
    "multiply": {
        "properties": {
            "factor": number(0, 1, default=0.96),
            "factor_color": text(HEX_COLOUR, default=None),
            **_ENABLED,
        },
        "description": "Darken by a factor or a colour.",
    },
    "sepia": {"properties": dict(_ENABLED), "description": "Tone in brown."},
    "sharpen": {
        "properties": {
            "m1": number(0, _SLOPE, default=0.4),
            "m2": number(0, _SLOPE, default=0.8),
            "sigma": number(0.01, 10, default=0.7),
            "x1": number(0, _SLOPE, default=2),
            "y2": number(0, _SLOPE, default=10),
            "y3": number(0, _SLOPE, default=20),
            **_ENABLED,
        },
        "description": "Sharpen, with the parameters of libvips.",
    },
    "svg2bitmap": {"properties": dict(_ENABLED), "description": "Turn an SVG into pixels."},
    "svgdynamic": {
        "properties": {"changes": {"type": "array", "items": {"type": "object"}}, **_ENABLED},
        "required": ["changes"],
        "description": "Change attributes of the elements of an SVG by their id.",
    },
    "text": {
        "properties": {
            "font": text(r"[0-9a-f]{6,40}"),
            "text": text(_WORDS),
            "size": number(1, default=16),
            "color": text(HEX_COLOUR, default="000000"),
            "opacity": number(0, 100, default=100),
            "angle": number(-360, 360, default=0),
            "anchor": text(_ANCHOR, default="center_center"),
            "width": integer(1, 10000),
            "height": integer(1, 10000),
            "spacing": integer(0, 1000, default=0),
            "align": text(values=["left", "centre", "right"], default="left"),
            "resize_to_box": flag(default=False),
            **_ENABLED,
        },
        "required": ["font", "text"],
        "description": "Write a text in an uploaded font.",
    },
    "noop": {"properties": dict(_ENABLED), "description": "Change nothing."},
}
"""The operations that are rendered, as GET /operations shows them."""

MISSING_OPERATIONS = frozenset({"primitive", "addframes", "face"})
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
