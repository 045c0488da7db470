"""Values of operations and stack options: how they are described, and how they are read."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import BadRequest

__all__ = ["HEX_COLOUR", "Schema", "check_value", "flag", "integer", "number", "text"]

Schema = dict[str, Any]
"""The description of a value or of an operation, as rokka publishes it."""

HEX_COLOUR = r"[0-9A-Fa-f]{6}"


def integer(minimum: int, maximum: int, **more: Any) -> Schema:
    """Describe whole numbers."""
    return {"type": "integer", "minimum": minimum, "maximum": maximum, **more}


def number(minimum: float, maximum: float | None = None, **more: Any) -> Schema:
    """Describe numbers, which may have no maximum."""
    limit = {} if maximum is None else {"maximum": maximum}
    return {"type": "number", "minimum": minimum, **limit, **more}


def flag(*, default: bool) -> Schema:
    """Describe yes or no."""
    return {"type": "boolean", "default": default}


def text(pattern: str = "", **more: Any) -> Schema:
    """Describe texts, which match the pattern as a whole."""
    return {"type": "string", **({"pattern": pattern} if pattern else {}), **more}


def check_value(value: Any, schemas: Mapping[str, Schema], *, name: str, owner: str) -> Any:
    """Return a value with its type; 400 for an unknown name, or for what its schema refuses."""
    if name not in schemas:
        raise BadRequest(f"Unknown {owner} {name!r}, must be one of: {', '.join(sorted(schemas))}.")
    schema = schemas[name]
    read = _READERS.get(schema["type"])
    typed = value if read is None else read(value, schema)
    if typed is None:
        raise BadRequest(f"{owner} {name} is {str(value)[:100]!r}, must be {_rule(schema)}.")
    return typed


def _read_number(value: Any, schema: Schema) -> float | int | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    maximum = schema.get("maximum", sys.float_info.max)
    if isinstance(value, bool) or not schema["minimum"] <= number <= maximum:
        return None
    # Expressions such as $w / 3 give fractions; rokka's sizes are whole pixels.
    return round(number) if schema["type"] == "integer" else number


def _read_flag(value: Any, _schema: Schema) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False, "": False}.get(str(value).lower())


def _read_text(value: Any, schema: Schema) -> str | None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "values" in schema and text not in schema["values"]:
        return None
    return text if re.fullmatch(schema.get("pattern", ".*"), text, re.DOTALL) else None


def _rule(schema: Schema) -> str:
    if "values" in schema:
        return f"one of: {', '.join(schema['values'])}"
    if "minimum" in schema:
        limit = f" to {schema['maximum']:g}" if "maximum" in schema else ""
        return f"a number from {schema['minimum']:g}{limit}"
    return "true or false" if schema["type"] == "boolean" else f"text like {schema['pattern']}"


_READERS = {
    "integer": _read_number,
    "number": _read_number,
    "boolean": _read_flag,
    "string": _read_text,
}
