"""Hashes in texts of any kind: rich text, JSON, serialized rows."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder

__all__ = ["PREFIX_LENGTH", "Mentioned", "as_text", "find_mentioned", "match_prefixes"]

PREFIX_LENGTH = 6
"""Digits of the shortest hash that rokka takes."""

_HASH_LENGTH = 40
_LONGEST = 128
"""A longer run of digits is data: only its two ends may be hashes that stand beside it."""

_RUN = re.compile(rf"[0-9a-f]{{{_HASH_LENGTH},}}")
_ESCAPE = r"%(?:25){0,3}2|=2"
_SHORT = re.compile(rf"(?:/|(?:{_ESCAPE}|\\u002)f)([0-9a-f]{{6,39}})(?=[./\\]|(?:{_ESCAPE})[ef])")


class Mentioned(NamedTuple):
    """The hashes that a text has, whole ones and short ones."""

    hashes: frozenset[str]
    prefixes: frozenset[str]


def as_text(value: Any) -> str:
    """Return a value that JSON can tell as a text."""
    if isinstance(value, str):
        return value
    # ASCII, whatever it holds, and nothing of it is escaped that a hash or a URL has.
    return json.dumps(value, cls=_Encoder)


def find_mentioned(text: str) -> Mentioned:
    """Find what may name an image: 40 hexadecimal digits, and 6 to 39 as in a render URL.

    In a longer run of digits any 40 of them may be a hash: escapes before it, such as ``%2F``,
    end in digits too. What rokka does not have, nobody looks for.
    """
    text = text.lower()
    hashes = frozenset(window for run in _RUN.findall(text) for window in _iter_windows(run))
    return Mentioned(hashes, frozenset(_SHORT.findall(text)))


def match_prefixes(hashes: Iterable[str], prefixes: Collection[str]) -> Iterator[str]:
    """Yield the hashes that begin with one of the short ones."""
    lengths = sorted({len(prefix) for prefix in prefixes})
    for whole in hashes:
        if any(whole[:length] in prefixes for length in lengths):
            yield whole


def _iter_windows(run: str) -> Iterator[str]:
    ends = [run] if len(run) <= _LONGEST else [run[:_LONGEST], run[-_LONGEST:]]
    for digits in ends:
        for start in range(len(digits) - _HASH_LENGTH + 1):
            yield digits[start : start + _HASH_LENGTH]


class _Encoder(DjangoJSONEncoder):
    """Write what JSON does not know by its ``str``: it only has to be searched."""

    def default(self, o: Any) -> Any:
        try:
            return super().default(o)
        except TypeError:
            return str(o)
