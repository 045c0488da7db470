"""Names and values of metadata, as rokka takes them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from django_rokka.exceptions import InvalidName

__all__ = [
    "FIELD_TYPES",
    "check_dynamic_name",
    "check_user_field",
    "write_date",
    "write_user_metadata",
    "write_user_value",
]

FIELD_TYPES = ("array", "array_text", "date", "double", "int", "latlon", "str", "text")
"""What may stand before the name of a field of user metadata."""

_USER_FIELD = re.compile(rf"(?:(?:{'|'.join(FIELD_TYPES)}):)?[a-z0-9_]{{1,54}}")
_DYNAMIC_NAME = re.compile(r"[A-Za-z0-9_]{1,54}")


def check_user_field(text: str) -> None:
    """Raise ``InvalidName`` for what is no field of user metadata."""
    if not _USER_FIELD.fullmatch(text):
        raise InvalidName(
            f"{text[:200]!r} is no field of user metadata: use 1 to 54 of the characters a-z, 0-9"
            f" and '_', behind a type and ':' if need be. Types are {', '.join(FIELD_TYPES)}."
        )


def check_dynamic_name(text: str) -> None:
    """Raise ``InvalidName`` for what is no name of dynamic metadata."""
    if not _DYNAMIC_NAME.fullmatch(text):
        raise InvalidName(
            f"{text[:200]!r} is no name of dynamic metadata: use letters, digits and '_', such as"
            " 'subject_area'."
        )


def write_date(value: date) -> str:
    """Write a date as UTC in whole seconds; a day is its first second.

    Raise ``ValueError`` for a time without a zone.
    """
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    if value.utcoffset() is None:
        raise ValueError(f"{value!r} has no time zone: give it one, as in tzinfo=timezone.utc.")
    in_utc = value.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None)
    return f"{in_utc.isoformat()}Z"


def write_user_metadata(
    data: Mapping[str, Any], *, may_delete_fields: bool = False
) -> dict[str, Any]:
    """Return user metadata as JSON has it; with ``may_delete_fields`` a value may be ``None``.

    Raise ``InvalidName`` for a field, ``ValueError`` or ``TypeError`` for a value that rokka does
    not take.
    """
    for name in data:
        check_user_field(name)
    return {
        name: None if value is None and may_delete_fields else write_user_value(name, value)
        for name, value in data.items()
    }


def write_user_value(name: str, value: Any) -> Any:
    """Return the value of one field as JSON has it, dates as rokka writes them."""
    if value is None:
        raise ValueError(
            f"{name!r} cannot be None: leave it out, or take a field away with delete_field()."
        )
    if isinstance(value, bool):
        raise TypeError(
            f"{name!r} cannot be {value!r}: rokka does not say how it keeps booleans. Use a text,"
            " or 0 and 1 in a field of the type int."
        )
    if isinstance(value, Decimal):
        raise TypeError(f"{name!r} cannot be {value!r}: JSON has no such type. Use a float.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name!r} cannot be {value!r}: JSON has no such number. Leave it out.")
    if isinstance(value, date):
        return write_date(value)
    if isinstance(value, (list, tuple)):
        return [write_user_value(name, item) for item in value]
    return value
