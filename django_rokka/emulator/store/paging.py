"""One page of a search: which images are on it, in which order."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

from django_rokka.emulator.store.search import Position, Search
from django_rokka.emulator.store.search_fields import Fragment, SearchField

__all__ = ["Reader", "among_matched", "match", "select_page"]

_MATCHED = "CREATE TEMP TABLE IF NOT EXISTS matched (sequence INTEGER PRIMARY KEY)"
_IN_MATCHED = "(SELECT sequence FROM matched)"
_SOME = 10_000
"""Images whose values are rather looked up than picked out of those of all."""
_FEW = 1000
"""Images that are rather sorted than looked for in the order of an index."""


class Reader(NamedTuple):
    """A connection, and what each query on it begins with."""

    connection: sqlite3.Connection
    beginning: str = ""

    def rows(self, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        """Run a query."""
        return self.connection.execute(self.beginning + sql, values).fetchall()

    def count(self, query: Fragment, most: int = -1) -> int:
        """Count the rows of a query, of many no more than ``most``."""
        number: int = self.rows(
            f"SELECT count(*) FROM (SELECT 1 FROM ({query.sql}) LIMIT ?)",  # noqa: S608, see search.py
            (*query.values, most),
        )[0][0]
        return number

    def count_alive(self, organization: str) -> int:
        """Return how many images an organization has that are not deleted."""
        rows = self.rows(
            "SELECT number FROM image_count WHERE organization = ? AND is_deleted = 0",
            (organization,),
        )
        return rows[0][0] if rows else 0


class _Source(NamedTuple):
    """Where images come from, beginning with what there is less of, and their sort keys."""

    table: Fragment
    keys: tuple[Fragment, ...]
    order: str


def match(reader: Reader, search: Search) -> int:
    """Collect the numbers of all images that match in the table ``matched``, and count them."""
    if not search.is_narrowed:
        return reader.count_alive(search.organization)
    reader.connection.execute(_MATCHED)
    reader.connection.execute("DELETE FROM matched")
    query = search.matching(reader.count)
    reader.rows(f"INSERT OR IGNORE INTO matched {query.sql}", query.values)
    return reader.count(Fragment("SELECT 1 FROM matched"))


def among_matched(search: Search, field: SearchField, *, total: int) -> Fragment:
    """Return the table and the condition of a field's values, of images that match alone."""
    table, number = search.values_of(field), f"{field.table}.sequence"
    if not search.is_narrowed:
        return table
    if total > _SOME:
        return Fragment(f"{table.sql} AND +{number} IN {_IN_MATCHED}", table.values)
    # Nothing but the image and the field is asked for, so that SQLite looks up each image.
    is_there = Fragment(f"{field.column} IS NOT NULL") if field.column else search.is_field(field)
    return Fragment(
        f"matched CROSS JOIN {field.table} WHERE {number} = matched.sequence AND {is_there.sql}",
        is_there.values,
    )


def select_page(
    reader: Reader,
    search: Search,
    *,
    total: int,
    limit: int,
    offset: int,
    after: Position | None,
) -> list[sqlite3.Row]:
    """Return the rows of images, with what they are sorted by as ``key_0``, ``key_1``..."""
    lead = search.keys[0].field
    is_few = search.is_narrowed and total <= _FEW
    if is_few or lead.column or lead.has_many:
        source = _few(search) if is_few else _many(search)
        return _select(reader, search, source, limit=limit, offset=offset, after=after)
    # Values come in order out of the search index; images without one follow behind.
    with_value, without = _with_value(search), _without_value(search)
    rows: list[sqlite3.Row] = []
    if after is None or after.values[0] is not None:
        rows = _select(reader, search, with_value, limit=limit, offset=offset, after=after)
        after = None
    if len(rows) < limit:
        passed = reader.count(_numbers(with_value)) if offset else 0
        rows += _select(
            reader,
            search,
            without,
            limit=limit - len(rows),
            offset=max(0, offset - passed),
            after=after,
        )
    return rows


def _few(search: Search) -> _Source:
    table = "matched CROSS JOIN source_image ON source_image.sequence = matched.sequence WHERE 1"
    return _Source(Fragment(table), _keys(search), search.order())


def _many(search: Search) -> _Source:
    return _Source(_alive(search), _keys(search), search.order())


def _with_value(search: Search) -> _Source:
    values, alive = search.values_of(search.keys[0].field), _alive(search)
    table = Fragment(
        f"(SELECT sequence AS lead_number, value AS lead_value FROM {values.sql})"  # noqa: S608, see search.py
        f" CROSS JOIN {alive.sql} AND source_image.sequence = lead_number",
        (*values.values, *alive.values),
    )
    keys = (Fragment("lead_value"), *_keys(search)[1:])
    return _Source(table, keys, search.order(is_lead_there=True))


def _without_value(search: Search) -> _Source:
    values, alive = search.values_of(search.keys[0].field), _alive(search)
    table = Fragment(
        f"{alive.sql} AND NOT EXISTS (SELECT 1 FROM {values.sql}"  # noqa: S608, see search.py
        " AND field_value.sequence = source_image.sequence)",
        (*alive.values, *values.values),
    )
    keys = (Fragment("NULL"), *_keys(search)[1:])
    return _Source(table, keys, search.order(is_lead_there=True))


def _keys(search: Search) -> tuple[Fragment, ...]:
    return tuple(search.sort_key(key) for key in search.keys)


def _alive(search: Search) -> Fragment:
    alive = Fragment(f"source_image WHERE {search.alive.sql}", search.alive.values)
    if not search.is_narrowed:
        return alive
    # The plus keeps SQLite from looking up one by one, and sorting, what are many.
    return Fragment(f"{alive.sql} AND +source_image.sequence IN {_IN_MATCHED}", alive.values)


def _select(
    reader: Reader,
    search: Search,
    source: _Source,
    *,
    limit: int,
    offset: int,
    after: Position | None,
) -> list[sqlite3.Row]:
    columns = "".join(f", {key.sql} AS key_{number}" for number, key in enumerate(source.keys))
    behind = search.behind(after, source.keys) if after is not None else Fragment("1")
    # The page is found in indexes alone, without its images.
    page = (
        f"SELECT source_image.sequence AS number{columns} FROM {source.table.sql}"  # noqa: S608, see search.py
        f" AND {behind.sql} ORDER BY {source.order} LIMIT ? OFFSET ?"
    )
    values: tuple[Any, ...] = (
        *(value for key in source.keys for value in key.values),
        *source.table.values,
        *behind.values,
        limit,
        offset,
    )
    return reader.rows(
        f"SELECT * FROM ({page}) CROSS JOIN source_image ON sequence = number"  # noqa: S608, see search.py
        f" ORDER BY {source.order}",
        values,
    )


def _numbers(source: _Source) -> Fragment:
    return Fragment(f"SELECT source_image.sequence FROM {source.table.sql}", source.table.values)  # noqa: S608, see search.py
