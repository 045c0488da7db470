"""Reading members of rokka's JSON; what is not as documented raises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django_rokka.client.secrets import Secret

__all__ = [
    "read_date",
    "read_mapping",
    "read_optional_date",
    "read_secret",
    "read_sequence",
    "read_text",
    "read_texts",
]


def read_text(data: Mapping[str, Any], name: str) -> str:
    """Read a text; raise ``KeyError`` without one, ``TypeError`` for anything else."""
    value = data[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is of the type {type(value).__name__}, not a text")
    return value


def read_texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Read a list of texts, none where it is absent."""
    return tuple(str(value) for value in read_sequence(data, name))


def read_secret(data: Mapping[str, Any], name: str) -> Secret:
    """Read a text that must not be shown, empty where it is absent."""
    return Secret(data.get(name) or "")


def read_mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Read an object, an empty one where it is absent."""
    value = data.get(name) or {}  # an empty PHP array is written as []
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is of the type {type(value).__name__}, not an object")
    return value


def read_sequence(data: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Read a list, an empty one where it is absent."""
    value = data.get(name) or ()
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} is of the type {type(value).__name__}, not a list")
    return value


def read_optional_date(data: Mapping[str, Any], name: str) -> datetime | None:
    """Read a date, ``None`` where it is absent."""
    value = data.get(name)
    return read_date(value) if isinstance(value, str) and value else None


def read_date(text: str) -> datetime:
    """Read ISO 8601 with a zone, ``+00:00``, ``+0000`` or ``Z``, to the microsecond."""
    with_colon = re.sub(r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2", text.replace("Z", "+00:00"))
    # Python 3.10 reads three digits behind the point, or six.
    with_six = re.sub(r"\.([0-9]+)", lambda match: f".{match[1]:0<6.6}", with_colon)
    date = datetime.fromisoformat(with_six)
    if date.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return date
