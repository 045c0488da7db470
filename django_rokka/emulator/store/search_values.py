"""Values of a search: the whole, a prefix, words, or a range."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.store.search_fields import Comparison, SearchField

__all__ = ["make_comparisons", "words_of", "write_date"]

_RANGE = re.compile(
    r"(?P<open>[\[{])\s*(?P<low>'[^']*'|[^,']*?)\s*,\s*(?P<high>'[^']*'|[^,']*?)\s*(?P<close>[\]}])",
    re.DOTALL,
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,3})?")
_WORD = re.compile(r"[^\W_]+")


def make_comparisons(field: SearchField, text: str) -> tuple[Comparison, ...]:
    """Write what a value asks of a field, or answer 400 naming both.

    Every one of the comparisons has to hold for some value of the image.
    """
    if field.is_text:
        return _compare_words(text)
    # A place has a comma of its own.
    span = _RANGE.fullmatch(text) if field.kind != "latlon" else None
    if span is not None:
        return (_compare_range(field, span),)
    if text.endswith("*") and field.kind in {"str", "array"}:
        return (_compare_beginning(field.operand, text[:-1]),)
    return (Comparison(f"{field.operand} = ?", (_read(field, text),), is_whole=True),)


def words_of(text: str) -> list[str]:
    """Return the words of a text, in lower case.

    Rokka also takes compounds apart and reduces words to their stems.
    """
    return _WORD.findall(text.casefold())


def write_date(text: str) -> str:
    """Write a date so that dates compare as texts: with milliseconds, in UTC."""
    return _read_date(text).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _compare_words(text: str) -> tuple[Comparison, ...]:
    """Ask for all words; a ``*`` at the end completes the last one."""
    words = words_of(text)
    beginning = [words.pop()] if words and text.endswith("*") else []
    return (
        *(Comparison("value = ?", (word,), is_whole=True) for word in words),
        *(_compare_beginning("value", word) for word in beginning),
    ) or (Comparison("0"),)


def _compare_beginning(operand: str, beginning: str) -> Comparison:
    """Write a range, as an index has it: from the beginning to the next text of its length."""
    begun = beginning.rstrip(chr(sys.maxunicode))
    if not begun:
        return Comparison(f"{operand} >= ?", (beginning,))
    following = ord(begun[-1]) + 1
    # Half characters are none, and cannot be bound.
    end = begun[:-1] + chr(0xE000 if following == 0xD800 else following)
    return Comparison(f"{operand} >= ? AND {operand} < ?", (beginning, end))


def _compare_range(field: SearchField, span: re.Match[str]) -> Comparison:
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
    return Comparison(" AND ".join(parts), tuple(values))


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


def _without_quotes(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


_DATE_RULE = "a date like '2017-01-01T00:00:00Z'"
_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "array": ("a string", str),
    "date": (_DATE_RULE, write_date),
    "double": ("a number", _read_double),
    "instant": (_DATE_RULE, _write_instant),
    "int": ("a whole number of at most 18 digits", _read_integer),
    "latlon": ("latitude and longitude", str),
    "str": ("a string", str),
}
