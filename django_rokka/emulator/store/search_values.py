"""Values of a search: the whole, a prefix, words, or a range."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.store.search_fields import Fragment, SearchField

__all__ = ["has_words", "make_condition"]

_RANGE = re.compile(
    r"(?P<open>[\[{])\s*(?P<low>'[^']*'|[^,']*?)\s*,\s*(?P<high>'[^']*'|[^,']*?)\s*(?P<close>[\]}])",
    re.DOTALL,
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,3})?")
_WORD = re.compile(r"[^\W_]+")


def make_condition(field: SearchField, text: str) -> Fragment:
    """Write what a value asks of a field, or answer 400 naming both."""
    condition = _compare(field, text)
    if not field.path:
        return condition
    table = field.elements
    return Fragment(
        f"EXISTS (SELECT 1 FROM {table.sql} WHERE {condition.sql})",  # noqa: S608, fixed text
        (*table.values, *condition.values),
    )


def has_words(text: Any, query: str) -> bool:
    """Say whether a text has all words of a query; SQL calls it.

    Case is ignored, and a ``*`` at the end of the query completes its last word. Rokka also takes
    compounds apart and reduces words to their stems.
    """
    words = _words(text) if isinstance(text, str) else []
    wanted = _words(query)
    if not wanted:
        return False
    beginning = wanted.pop() if query.endswith("*") else ""
    return set(wanted) <= set(words) and (
        not beginning or any(word.startswith(beginning) for word in words)
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _compare(field: SearchField, text: str) -> Fragment:
    if field.is_text:
        return Fragment(f"has_words({field.operand}, ?)", (text,))
    # A place has a comma of its own.
    span = _RANGE.fullmatch(text) if field.kind != "latlon" else None
    if span is not None:
        return _compare_range(field, span)
    if text.endswith("*") and field.kind in {"str", "array"}:
        prefix = text[:-1]
        return Fragment(f"substr({field.operand}, 1, ?) = ?", (len(prefix), prefix))
    return Fragment(f"{field.operand} = ?", (_read(field, text),))


def _compare_range(field: SearchField, span: re.Match[str]) -> Fragment:
    """Write a range; an end that is left empty is open, with both the field has to be there."""
    parts = [f"{field.operand} IS NOT NULL"]
    values = []
    for text, operator in (
        (span["low"], ">=" if span["open"] == "[" else ">"),
        (span["high"], "<=" if span["close"] == "]" else "<"),
    ):
        if text:
            parts.append(f"{field.operand} {operator} ?")
            values.append(_read(field, _without_quotes(text)))
    return Fragment(" AND ".join(parts), tuple(values))


def _read(field: SearchField, text: str) -> Any:
    rule, read = _READERS[field.kind]
    try:
        return read(text)
    except (ValueError, OverflowError) as error:
        raise BadRequest(
            f"{field.name} is {text[:100]!r}, must be {rule}, or a range like [from,to]."
        ) from error


def _read_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _read_double(text: str) -> float:
    if not (_NUMBER.fullmatch(text) and math.isfinite(float(text))):
        raise ValueError(text)
    return float(text)


def _read_date(text: str) -> datetime:
    words = _without_quotes(text)
    if words[-1:] in {"Z", "z"}:
        words = f"{words[:-1]}+00:00"
    date = datetime.fromisoformat(words)
    if date.tzinfo is None:
        return date.replace(tzinfo=timezone.utc)
    return date.astimezone(timezone.utc)


def _write_instant(text: str) -> str:
    return _read_date(text).isoformat()


def _write_date(text: str) -> str:
    return _read_date(text).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _without_quotes(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


_DATE_RULE = "a date like '2017-01-01T00:00:00Z'"
_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "array": ("a string", str),
    "date": (_DATE_RULE, _write_date),
    "double": ("a number", _read_double),
    "instant": (_DATE_RULE, _write_instant),
    "int": ("a whole number of at most 18 digits", _read_integer),
    "latlon": ("latitude and longitude", str),
    "str": ("a string", str),
}
