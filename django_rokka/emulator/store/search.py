"""A search of source images as SQL: what is asked, in which order, and from where on.

No text of a request ever stands in the SQL: fields are looked up in a table of ours, and values,
paths into metadata and positions are bound.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.store.search_fields import Fragment, SearchField, find_field
from django_rokka.emulator.store.search_values import make_condition

__all__ = ["Position", "Search", "SortKey"]

_DIRECTIONS = {"": False, "asc": False, "desc": True}
_NEWEST_FIRST = "created desc"
_LARGEST_INTEGER = 2**63 - 1
# Far below what SQLite can take.
_MAX_CONDITIONS = 100
_MAX_KEYS = 10


class SortKey(NamedTuple):
    """A field that decides about the order."""

    field: SearchField
    is_descending: bool


class Position(NamedTuple):
    """The place of one image in a sorted list: the values of the sort keys and its number."""

    values: tuple[Any, ...]
    sequence: int


class Search(NamedTuple):
    """What a request asks of the images of one organization."""

    organization: str
    conditions: tuple[Fragment, ...] = ()
    is_any: bool = False
    deleted_since: str | None = None
    sort: str = _NEWEST_FIRST
    keys: tuple[SortKey, ...] = ()

    @classmethod
    def make(
        cls,
        organization: str,
        *,
        conditions: Iterable[tuple[str, str]] = (),
        is_any: bool = False,
        deleted_since: str | None = None,
        sort: str = "",
    ) -> Search:
        """Read names and values as they stand in a request, or answer 400.

        With ``deleted_since`` only images are found that were deleted since that date.
        """
        asked, sorted_by = list(conditions), (sort or _NEWEST_FIRST).split(",")
        if len(asked) > _MAX_CONDITIONS or len(sorted_by) > _MAX_KEYS:
            raise BadRequest(
                f"The search has {len(asked)} conditions and sorts by {len(sorted_by)} fields, must"
                f" have at most {_MAX_CONDITIONS} and {_MAX_KEYS}."
            )
        return cls(
            organization=organization,
            conditions=tuple(make_condition(find_field(name), value) for name, value in asked),
            is_any=is_any,
            deleted_since=deleted_since,
            sort=sort or _NEWEST_FIRST,
            keys=tuple(_read_sort_key(part) for part in sorted_by),
        )

    @property
    def where(self) -> Fragment:
        """All that an image has to be."""
        sql = "source_image.organization = ? AND source_image.deleted IS NULL"
        values: tuple[Any, ...] = (self.organization,)
        if self.deleted_since is not None:
            sql = "source_image.organization = ? AND source_image.deleted >= ?"
            values += (self.deleted_since,)
        if self.conditions:
            joined = (" OR " if self.is_any else " AND ").join(
                f"({condition.sql})" for condition in self.conditions
            )
            sql += f" AND ({joined})"
            values += tuple(value for condition in self.conditions for value in condition.values)
        return Fragment(sql, values)

    @property
    def order(self) -> Fragment:
        """The keys, and the newest first among images that are equal by them."""
        keys = [(key.field.key, key.is_descending) for key in self.keys]
        sql = [f"{key.sql}{' DESC' if is_descending else ''}" for key, is_descending in keys]
        return Fragment(
            ", ".join([*sql, "source_image.sequence DESC"]),
            tuple(value for key, _ in keys for value in key.values),
        )

    def behind(self, position: Position) -> Fragment:
        """Return what an image has to be to come after a position, whatever was added meanwhile."""
        alternatives: list[str] = []
        values: list[Any] = []
        equal: list[str] = []
        equal_values: list[Any] = []
        for key, value in zip(self.keys, position.values, strict=True):
            later = _later(key, value)
            alternatives.append(" AND ".join([*equal, f"({later.sql})"]))
            values += [*equal_values, *later.values]
            equal.append(f"{key.field.key.sql} IS ?")
            equal_values += [*key.field.key.values, value]
        alternatives.append(" AND ".join([*equal, "source_image.sequence < ?"]))
        values += [*equal_values, position.sequence]
        return Fragment(f"({' OR '.join(alternatives)})", tuple(values))

    def write_cursor(self, position: Position | None) -> str:
        """Make an opaque text of a position; ``None`` is the beginning."""
        parts = [self.sort, position]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")

    def read_cursor(self, text: str) -> Position | None:
        """Read a position of a list with the same order, or answer 400."""
        try:
            padded = text + "=" * (-len(text) % 4)
            data = base64.b64decode(padded, altchars=b"-_", validate=True)
            sort, parts = json.loads(data)
            position = None if parts is None else _read_position(parts, len(self.keys))
        except (ValueError, TypeError, RecursionError, binascii.Error) as error:
            raise BadRequest(
                f"offset is {text[:100]!r}, must be a number or the cursor of an earlier answer."
            ) from error
        if sort != self.sort:
            raise BadRequest(
                f"The cursor belongs to a list sorted by {str(sort)[:100]!r}, not by"
                f" {self.sort[:100]!r}. Keep the sort while you follow a cursor."
            )
        return position


def _read_sort_key(text: str) -> SortKey:
    name, _, direction = text.strip().partition(" ")
    is_descending = _DIRECTIONS.get(direction.strip().lower())
    if is_descending is None:
        raise BadRequest(
            f"The direction in sort={text[:100]!r} is {direction[:100]!r}, must be asc or desc."
        )
    return SortKey(find_field(name), is_descending)


def _later(key: SortKey, value: Any) -> Fragment:
    """Compare as SQLite sorts: what has no value comes first, and last when descending."""
    sql, own = key.field.key
    if key.is_descending:
        if value is None:
            return Fragment("0")
        return Fragment(f"{sql} < ? OR {sql} IS NULL", (*own, value, *own))
    if value is None:
        return Fragment(f"{sql} IS NOT NULL", own)
    return Fragment(f"{sql} > ?", (*own, value))


def _read_position(parts: Any, length: int) -> Position:
    values, sequence = parts
    if len(values) != length or type(sequence) is not int:
        raise ValueError(parts)
    for value in (*values, sequence):
        if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
            raise ValueError(value)
        if not isinstance(value, str | int | float | None):
            raise TypeError(value)
        # A half character cannot be bound.
        str(value).encode()
    return Position(tuple(values), sequence)
