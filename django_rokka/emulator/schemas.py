"""What stacks may say: operations, stack options, and their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.render.operations import Operation

__all__ = [
    "OPERATIONS",
    "STACK_OPTIONS",
    "check_operation",
    "check_operation_name",
    "check_options",
]

_Schema = dict[str, Any]


def _integer(minimum: int, maximum: int, **more: Any) -> _Schema:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, **more}


def _number(minimum: float, maximum: float, **more: Any) -> _Schema:
    return {"type": "number", "minimum": minimum, "maximum": maximum, **more}


def _flag(*, default: bool) -> _Schema:
    return {"type": "boolean", "default": default}


def _text(pattern: str = "", **more: Any) -> _Schema:
    return {"type": "string", **({"pattern": pattern} if pattern else {}), **more}


_HEX = r"[0-9A-Fa-f]{6}"
_ANCHOR = (
    r"(?:(?:left|center|right|[0-9]+)[_-](?:top|center|bottom|[0-9]+))"
    r"|smart|subjectarea|face|auto"
)
_ENABLED = {"enabled": _flag(default=True)}

OPERATIONS: Mapping[str, _Schema] = {
    "resize": {
        "properties": {
            "width": _integer(1, 10000),
            "height": _integer(1, 10000),
            "mode": _text(values=["box", "fill", "absolute"], default="box"),
            "upscale": _flag(default=True),
            "upscale_dpr": _flag(default=True),
            "sharpen": _flag(default=False),
            **_ENABLED,
        },
        "oneOf": [{"required": ["width"]}, {"required": ["height"]}],
        "description": "Scale to a width, a height, or into both.",
    },
    "crop": {
        "properties": {
            "width": _integer(1, 99999),
            "height": _integer(1, 99999),
            "anchor": _text(_ANCHOR, default="auto"),
            "fallback": _text(_ANCHOR, default="center_center"),
            "mode": _text(values=["absolute", "ratio", "box", "area"], default="absolute"),
            "scale": _number(0, 100, default=100),
            "area": _text(r"[a-zA-Z0-9_]+"),
            **_ENABLED,
        },
        "required": ["width", "height"],
        "description": "Cut out a box of this size or ratio.",
    },
    "rotate": {
        "properties": {
            "angle": _number(-360, 360),
            "background_color": _text(_HEX, default="FFFFFF"),
            "background_opacity": _number(0, 100, default=0),
            **_ENABLED,
        },
        "required": ["angle"],
        "description": "Turn clockwise by degrees.",
    },
    "autorotate": {
        "properties": {
            "width": _integer(1, 10000),
            "height": _integer(1, 10000),
            "rotation_direction": _text(values=["clockwise", "counterclockwise"]),
            **_ENABLED,
        },
        "description": "Turn upright by the EXIF orientation; or by 90 degrees to fit a format.",
    },
    "grayscale": {"properties": dict(_ENABLED), "description": "Take the colour away."},
    "blur": {
        "properties": {
            "sigma": _number(0, 100, default=4),
            "radius": _integer(0, 500, default=0),
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

STACK_OPTIONS: Mapping[str, _Schema] = {
    "autoformat": _flag(default=False),
    "autoformat.exclude": _text(default=None),
    "autoformat.include": _text(values=["avif"], default=None),
    "dpr": _number(1, 10, default=1),
    "jpg.quality": _integer(1, 100, default=80),
    "webp.quality": _integer(1, 100, default=80),
    "avif.quality": _integer(1, 100, default=45),
    "png.compression_level": _integer(0, 9, default=7),
    "transparency.color": _text(_HEX),
    "jpg.transparency.color": _text(_HEX, default="FFFFFF"),
    "content_disposition": _text(values=["inline", "attachment"], default="inline"),
    "source_file": _flag(default=False),
    "protected": _flag(default=False),
    # These change how bytes are packed or fetched, not what the picture shows: taken, no effect.
    "optim.quality": _integer(0, 10, default=5),
    "optim.disable_all": _flag(default=False),
    "optim.immediate": _flag(default=False),
    "optim.ttl_shared": _integer(0, 2**31),
    "pngquant.quality": _integer(10, 100, default=98),
    "gif.quality": _integer(1, 100, default=70),
    "heif.quality": _integer(1, 100, default=40),
    "jxl.quality": _integer(1, 100, default=70),
    "jp2.quality": _integer(1, 100, default=40),
    "av1.quality": _integer(1, 100, default=70),
    "webm.quality": _integer(1, 100, default=50),
    "mp4.quality": _integer(1, 100, default=50),
    "interlacing.mode": _text(values=["none", "line", "plane", "partition"], default="plane"),
    "remote_fullurl_allow": _flag(default=False),
    "remote_basepath": _text(r"https?://.*"),
    "jpg.transparency.autoformat": _text(values=["true", "false", "png", "webp"], default="false"),
    "jpg.transparency.convert": _flag(default=False),
    "basestack": _text(r"[a-z0-9_-]+"),
    "timestamp": _text(),
    "fps": _integer(1, 25, default=10),
    "dpi": _integer(10, 5000),
    "pdf.dpi": _integer(10, 1000, default=200),
    "pdf.page": _integer(1, 1000, default=1),
    "min_video_width": _integer(0, 6000),
    "min_video_height": _integer(0, 2200),
    "timing_origin": _flag(default=False),
    "remote_fullurl_whitelist": {"type": "array", "items": {"type": "string"}},
}
"""The stack options that are known, as GET /stackoptions shows them."""


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
        name: _checked(value, schema["properties"], name=name, owner=f"{operation.name} option")
        for name, value in operation.options.items()
        if value is not None
    }
    if is_complete:
        _check_required(operation.name, schema, values)
    return Operation(operation.name, **values)


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return stack options with typed values; refuse unknown names and values."""
    return {
        name: _checked(value, STACK_OPTIONS, name=name, owner="stack option")
        for name, value in options.items()
        if value is not None
    }


def check_is_rendered(operation: Operation) -> None:
    """Answer 501 for an operation that rokka has and the emulator has not."""
    if operation.name in MISSING_OPERATIONS:
        raise Missing(f"the operation {operation.name!r}")


def _check_required(name: str, schema: _Schema, values: Mapping[str, Any]) -> None:
    missing = [word for word in schema.get("required", ()) if word not in values]
    if missing:
        raise BadRequest(f"The operation {name!r} needs a value for {' and '.join(missing)}.")
    choices = [item["required"][0] for item in schema.get("oneOf", ())]
    if choices and not any(choice in values for choice in choices):
        raise BadRequest(f"The operation {name!r} needs a value for {' or '.join(choices)}.")


def _checked(value: Any, schemas: Mapping[str, _Schema], *, name: str, owner: str) -> Any:
    if name not in schemas:
        raise BadRequest(f"Unknown {owner} {name!r}, must be one of: {', '.join(sorted(schemas))}.")
    schema = schemas[name]
    read = _READERS.get(schema["type"])
    typed = value if read is None else read(value, schema)
    if typed is None:
        raise BadRequest(f"{owner} {name} is {str(value)[:100]!r}, must be {_rule(schema)}.")
    return typed


def _read_number(value: Any, schema: _Schema) -> float | int | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(value, bool) or not schema["minimum"] <= number <= schema["maximum"]:
        return None
    # Expressions such as $w / 3 give fractions; rokka's sizes are whole pixels.
    return round(number) if schema["type"] == "integer" else number


def _read_flag(value: Any, _schema: _Schema) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False, "": False}.get(str(value).lower())


def _read_text(value: Any, schema: _Schema) -> str | None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "values" in schema and text not in schema["values"]:
        return None
    return text if re.fullmatch(schema.get("pattern", ".*"), text, re.DOTALL) else None


def _rule(schema: _Schema) -> str:
    if "values" in schema:
        return f"one of: {', '.join(schema['values'])}"
    if "minimum" in schema:
        return f"a number from {schema['minimum']:g} to {schema['maximum']:g}"
    return "true or false" if schema["type"] == "boolean" else f"text like {schema['pattern']}"


_READERS = {
    "integer": _read_number,
    "number": _read_number,
    "boolean": _read_flag,
    "string": _read_text,
}
