"""What to look for among source images: fields, values and orders of a search."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import date
from decimal import Decimal

from django_rokka.client.arguments import as_list
from django_rokka.client.metadata import FIELD_TYPES, write_date
from django_rokka.exceptions import InvalidName

__all__ = [
    "Prefix",
    "Range",
    "Scalar",
    "SearchValue",
    "dynamic_field",
    "static_field",
    "user_field",
    "write_facets",
    "write_search",
    "write_sort",
]

Scalar = str | int | float | Decimal | date
"""One value; a ``datetime`` is a ``date`` too, and members of enumerations are their values."""

_TYPE = "|".join(FIELD_TYPES)
_FIELD = re.compile(
    r"deletedDate|[a-z0-9_]{1,54}"
    rf"|user:(?:(?:{_TYPE}):)?[a-z0-9_]{{1,54}}"
    rf"|(?:dynamic|static):(?:{_TYPE}):[A-Za-z0-9_]{{1,54}}:[A-Za-z0-9_]{{1,54}}"
)
_OPTIONS = frozenset({"deleted", "facets", "limit", "offset", "operator", "sort"})
"""What shares the query with the fields."""

_SPAN = re.compile(r"[\[{].*[\]}]", re.DOTALL)
_UNSAFE_BOUND = re.compile(r"^\s|\s$|[,'*\[\]{}]|^$")


@dataclass(frozen=True, slots=True)
class Range:
    """Values between two ends; ``None`` leaves one of them open.

    Dates are taken as UTC, in whole seconds. Raise ``ValueError`` where no end is given, or one
    that cannot be written::

        Range(1000, 2000, includes_maximum=False)
    """

    minimum: Scalar | None = None
    maximum: Scalar | None = None
    _: KW_ONLY
    includes_minimum: bool = True
    includes_maximum: bool = True

    def __post_init__(self) -> None:
        if self.minimum is None and self.maximum is None:
            raise ValueError("This range has no end: give it a minimum, a maximum or both.")
        str(self)

    def __str__(self) -> str:
        opening = "[" if self.includes_minimum and self.minimum is not None else "{"
        closing = "]" if self.includes_maximum and self.maximum is not None else "}"
        return f"{opening}{_write_bound(self.minimum)},{_write_bound(self.maximum)}{closing}"


@dataclass(frozen=True, slots=True)
class Prefix:
    """Texts that begin like this one.

    Raise ``ValueError`` for a text that ends with ``*``, and for none::

        Prefix("plan")
    """

    text: str

    def __post_init__(self) -> None:
        if not self.text or self.text.endswith("*"):
            raise ValueError(
                f"{self.text[:200]!r} is no beginning: give the characters that stand before what"
                " may follow, without a '*'."
            )

    def __str__(self) -> str:
        return f"{self.text}*"


SearchValue = Scalar | Range | Prefix
"""What a field can be compared with."""


def user_field(name: str, *, type: str = "") -> str:
    """Return the field of a search that is user metadata.

    Texts need no type. Raise ``InvalidName`` for what is no field::

        user_field("id", type="int")
    """
    return _check_field(f"user:{type}:{name}" if type else f"user:{name}")


def dynamic_field(name: str, member: str, *, type: str = "str") -> str:
    """Return the field of a search that is a member of dynamic metadata.

    Raise ``InvalidName`` for what is no field::

        dynamic_field("version", "text")
    """
    return _check_field(f"dynamic:{type}:{name}:{member}")


def static_field(name: str, member: str, *, type: str = "str") -> str:
    """Return the field of a search that is a member of static metadata.

    Raise ``InvalidName`` for what is no field::

        static_field("video", "duration", type="int")
    """
    return _check_field(f"static:{type}:{name}:{member}")


def write_search(search: Mapping[str, SearchValue] | None) -> dict[str, str]:
    """Write conditions as parameters of a query; raise for what cannot be one."""
    return {_check_field(name): _write_value(name, value) for name, value in (search or {}).items()}


def write_sort(sort: str | Iterable[str]) -> str:
    """Write an order, ``-`` before a field for descending, always with its direction."""
    return ",".join(map(_write_order, as_list(sort)))


def write_facets(facets: str | Iterable[str]) -> str:
    """Write the fields whose values are to be counted."""
    return ",".join(_check_field(field) for field in as_list(facets))


def _write_order(field: str) -> str:
    name, _, direction = field.partition(" ")
    if direction in {"asc", "desc"}:
        meant = f"-{name}" if direction == "desc" else name
        raise InvalidName(f"{field[:200]!r} is no field to sort by: write {meant[:200]!r}.")
    direction = "desc" if field.startswith("-") else "asc"
    return f"{_check_field(field.removeprefix('-'))} {direction}"


def _check_field(text: str) -> str:
    if text in _OPTIONS or not _FIELD.fullmatch(text):
        raise InvalidName(
            f"{text[:200]!r} is no field of a search. Use one of rokka's such as 'name' or"
            " 'created', or user:{type}:{name}, dynamic:{type}:{name}:{member} or"
            " static:{type}:{name}:{member}; user_field() and its like write these. Types are"
            f" {', '.join(FIELD_TYPES)}."
        )
    return text


def _write_value(name: str, value: SearchValue) -> str:
    if isinstance(value, (Range, Prefix)):
        return str(value)
    text = _write_scalar(value)
    if not isinstance(value, str):
        return text
    if not text:
        raise ValueError(f"{name!r} cannot be compared with an empty text: leave it out.")
    if text.endswith("*"):
        raise ValueError(
            f"rokka would read {text[:200]!r} for {name!r} as the beginning of a text. If that is"
            f" meant, use Prefix({text[:200].rstrip('*')!r}); else search without the '*'."
        )
    if _SPAN.fullmatch(text):
        raise ValueError(
            f"rokka would read {text[:200]!r} for {name!r} as a range. If that is meant, use"
            " Range(minimum, maximum); else search without the brackets."
        )
    return text


def _write_bound(value: Scalar | None) -> str:
    if value is None:
        return ""
    text = _write_scalar(value)
    if isinstance(value, date):
        return f"'{text}'"
    if isinstance(value, str) and _UNSAFE_BOUND.search(text):
        raise ValueError(
            f"{text[:200]!r} cannot be the end of a range: leave out quotes, commas, brackets, '*'"
            " and spaces around it; None is an open end."
        )
    return text


def _write_scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        raise TypeError(
            f"{value!r} cannot be searched for: rokka does not say how it keeps booleans."
            " Search for a text or a number."
        )
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        raise ValueError(f"{value!r} cannot be searched for: None is the open end of a Range.")
    if isinstance(value, date):
        return write_date(value)
    # Members of enumerations are texts and numbers too, and str() would write their names.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(
        f"{value!r} cannot be searched for: use a text, a number, a date, a Range or a Prefix."
    )
