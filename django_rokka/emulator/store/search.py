"""A search of source images as SQL: what is asked, in which order, and from where on.

No text of a request ever stands in the SQL: fields are looked up in a table of ours, and values,
paths into metadata and positions are bound.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.store.search_fields import (
    Comparison,
    Fragment,
    SearchField,
    find_field,
    find_whole_field,
)
from django_rokka.emulator.store.search_index import FIELD_NUMBER
from django_rokka.emulator.store.search_values import make_comparisons

__all__ = ["Position", "Search", "SortKey"]

_DIRECTIONS = {"": False, "asc": False, "desc": True}
_NEWEST_FIRST = "created desc"
_LARGEST_INTEGER = 2**63 - 1
# Far below what SQLite can take.
_MAX_CONDITIONS = 100
_MAX_KEYS = 10
_MANY = 1000
"""Images of a set that is no more counted to its end, unless all sets have as many."""
_ALWAYS_THERE = frozenset(
    {
        *("created", "name", "mimetype", "format", "size", "width", "height"),
        *("hash", "short_hash", "binary_hash"),
    }
)
"""Columns in which every image has a value."""


class SortKey(NamedTuple):
    """A field that decides about the order."""

    field: SearchField
    is_descending: bool

    @property
    def is_always_there(self) -> bool:
        """Whether every image has a value."""
        return self.field.column in _ALWAYS_THERE


class Condition(NamedTuple):
    """A field, and comparisons of which each has to hold for one of its values."""

    field: SearchField
    comparisons: tuple[Comparison, ...]


class Counter(Protocol):
    """Counts the rows of a query, of many no more than it is told."""

    def __call__(self, query: Fragment, most: int, /) -> int:
        """Return the number of rows."""


class _Part(NamedTuple):
    """A comparison: all numbers for which it holds, and the condition on a row of ``other``."""

    table: str
    all: Fragment
    is_one: Fragment
    is_whole: bool


class Position(NamedTuple):
    """The place of one image in a sorted list: the values of the sort keys and its number."""

    values: tuple[Any, ...]
    sequence: int


class Search(NamedTuple):
    """What a request asks of the images of one organization."""

    organization: str
    conditions: tuple[Condition, ...] = ()
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
            conditions=tuple(_read_condition(name, value) for name, value in asked),
            is_any=is_any,
            deleted_since=deleted_since,
            sort=sort or _NEWEST_FIRST,
            keys=tuple(_read_sort_key(part) for part in sorted_by),
        )

    @property
    def alive(self) -> Fragment:
        """All images among which is searched, as a condition on a row."""
        if self.deleted_since is None:
            return Fragment(
                "source_image.organization = ? AND source_image.deleted IS NULL",
                (self.organization,),
            )
        return Fragment(
            "source_image.organization = ? AND source_image.deleted >= ?",
            (self.organization, self.deleted_since),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether not simply all images of the organization are meant."""
        return bool(self.conditions) or self.deleted_since is not None

    def matching(self, count: Counter) -> Fragment:
        """Return the query for the numbers of all images that match, some of them several times."""
        if not self.conditions:
            return Fragment(
                f"SELECT sequence FROM source_image WHERE {self.alive.sql}",  # noqa: S608, fixed text
                self.alive.values,
            )
        conditions = [self._parts(condition) for condition in self.conditions]
        if not self.is_any:
            return _intersect([part for parts in conditions for part in parts], count)
        sets = [_intersect(parts, count) for parts in conditions]
        return Fragment(
            " UNION ALL ".join(each.sql for each in sets),
            tuple(value for each in sets for value in each.values),
        )

    def order(self, *, is_lead_there: bool = False) -> str:
        """Write the order by ``key_0``, ``key_1``..., and the newest first among equal images."""
        parts = []
        for number, key in enumerate(self.keys):
            if not (key.is_always_there or (is_lead_there and number == 0)):
                # Last in both directions, as in a search index, which is none of SQL.
                parts.append(f"key_{number} IS NULL")
            parts.append(f"key_{number}{' DESC' if key.is_descending else ''}")
        return ", ".join([*parts, "number DESC"])

    def values_of(self, field: SearchField) -> Fragment:
        """Return the table and the condition of all values of a field."""
        if field.column:
            return Fragment(
                f"source_image WHERE {self.alive.sql} AND {field.column} IS NOT NULL",
                self.alive.values,
            )
        is_field = self.is_field(field)
        return Fragment(f"field_value WHERE {is_field.sql}", is_field.values)

    def is_field(self, field: SearchField) -> Fragment:
        """Return the condition that a row of the search index belongs to a field."""
        is_deleted = int(self.deleted_since is not None)
        return Fragment(f"field = {FIELD_NUMBER}", (self.organization, is_deleted, field.key))

    def sort_key(self, key: SortKey) -> Fragment:
        """Return what images are sorted by: of several values the first in that order."""
        if key.field.column:
            return Fragment(f"source_image.{key.field.column}")
        first, values = "max" if key.is_descending else "min", self.values_of(key.field)
        return Fragment(
            f"(SELECT {first}(value) FROM {values.sql}"  # noqa: S608, fixed text
            " AND field_value.sequence = source_image.sequence)",
            values.values,
        )

    def behind(self, position: Position, keys: Sequence[Fragment]) -> Fragment:
        """Return what an image has to be to come after a position, whatever was added meanwhile."""
        if all(key.is_descending and key.is_always_there for key in self.keys):
            # SQLite finds this place in an index.
            names = ", ".join(key.sql for key in keys)
            places = ", ".join("?" for _ in (*keys, position.sequence))
            return Fragment(
                f"({names}, source_image.sequence) < ({places})",
                (*position.values, position.sequence),
            )
        alternatives: list[str] = []
        values: list[Any] = []
        equal: list[str] = []
        equal_values: list[Any] = []
        for key, sql, value in zip(self.keys, keys, position.values, strict=True):
            later = _later(sql, value, is_descending=key.is_descending)
            alternatives.append(" AND ".join([*equal, f"({later.sql})"]))
            values += [*equal_values, *later.values]
            equal.append(f"{sql.sql} IS ?")
            equal_values += [*sql.values, value]
        alternatives.append(" AND ".join([*equal, "source_image.sequence < ?"]))
        values += [*equal_values, position.sequence]
        return Fragment(f"({' OR '.join(alternatives)})", tuple(values))

    def _parts(self, condition: Condition) -> list[_Part]:
        """Write one part for each comparison."""
        field = condition.field
        table, among = self.values_of(field), Fragment("")
        is_value = Fragment("1") if field.column else self.is_field(field)
        if not field.column and self.deleted_since is not None:
            # The search index does not know since when.
            among = Fragment(
                " AND EXISTS (SELECT 1 FROM source_image"  # noqa: S608, fixed text
                f" WHERE source_image.sequence = field_value.sequence AND {self.alive.sql})",
                self.alive.values,
            )
        return [
            _Part(
                table=field.table,
                all=Fragment(
                    f"SELECT sequence FROM {table.sql} AND {comparison.sql}{among.sql}",  # noqa: S608, fixed text
                    (*table.values, *comparison.values, *among.values),
                ),
                is_one=Fragment(
                    f"{is_value.sql} AND {comparison.sql}", (*is_value.values, *comparison.values)
                ),
                is_whole=comparison.is_whole,
            )
            for comparison in condition.comparisons
        ]

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
    return SortKey(find_whole_field(name, purpose="sort"), is_descending)


def _read_condition(name: str, value: str) -> Condition:
    field = find_field(name)
    return Condition(field, make_comparisons(field, value))


def _intersect(parts: list[_Part], count: Counter) -> Fragment:
    """Write the query for the numbers that all parts have."""
    if len(parts) == 1:
        return parts[0].all
    # The images of one whole value come in their order out of an index.
    if all(part.is_whole and count(part.all, _MANY) == _MANY for part in parts):
        return _merge(parts)
    return _look_up(_find_smallest(parts, count), parts)


def _merge(parts: list[_Part]) -> Fragment:
    """Walk through all parts side by side."""
    merged = " INTERSECT ".join(part.all.sql for part in parts)
    return Fragment(
        f"SELECT sequence FROM ({merged} ORDER BY 1)",  # noqa: S608, fixed text
        tuple(value for part in parts for value in part.all.values),
    )


def _look_up(first: _Part, parts: list[_Part]) -> Fragment:
    """Walk through one part, and look up each of its images in the others."""
    others = [
        Fragment(
            f" AND EXISTS (SELECT 1 FROM {part.table} AS other"  # noqa: S608, fixed text
            f" WHERE other.sequence = {first.table}.sequence AND {part.is_one.sql})",
            part.is_one.values,
        )
        for part in parts
        if part is not first
    ]
    return Fragment(
        first.all.sql + "".join(other.sql for other in others),
        (*first.all.values, *(value for other in others for value in other.values)),
    )


def _find_smallest(parts: list[_Part], count: Counter) -> _Part:
    """Count all parts up to a number that one of them does not reach."""
    most, smallest = _MANY, None
    while smallest is None:
        least = most
        for part in parts:
            if (number := count(part.all, least)) < least:
                smallest, least = part, number
        most *= 4
    return smallest


def _later(key: Fragment, value: Any, *, is_descending: bool) -> Fragment:
    """Compare as the list is sorted: what has no value comes last."""
    if value is None:
        return Fragment("0")
    operator = "<" if is_descending else ">"
    return Fragment(
        f"{key.sql} {operator} ? OR {key.sql} IS NULL", (*key.values, value, *key.values)
    )


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
