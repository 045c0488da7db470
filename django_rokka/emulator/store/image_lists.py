"""Lists of source images: pages, counts of values, and walks through all that match."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django_rokka.emulator.store.database import Database
from django_rokka.emulator.store.delayed import DELAYED_TABLES, DelayedIndex
from django_rokka.emulator.store.image_rows import StoredImage, read_row
from django_rokka.emulator.store.paging import Reader, among_matched, match, select_page
from django_rokka.emulator.store.search import Position, Search
from django_rokka.emulator.store.search_fields import find_whole_field

__all__ = ["ImageLists", "Page"]

_MAX_FACET_VALUES = 1000


class Page(NamedTuple):
    """A piece of a list, how many there are in all, and where the last one of the piece is."""

    total: int
    items: list[StoredImage]
    has_more: bool
    last: Position | None


class ImageLists:
    """Searches in the source images of all organizations."""

    def __init__(self, database: Database, *, delayed: DelayedIndex | None = None) -> None:
        self._database = database
        self._delayed = delayed

    def page(
        self, search: Search, *, limit: int, offset: int = 0, after: Position | None = None
    ) -> Page:
        """Return a piece of a list, from a number or from behind a position."""
        with self._reading() as reader:
            total = match(reader, search)
            rows = select_page(
                reader,
                search,
                total=total,
                limit=limit + 1 if limit else 0,
                offset=offset,
                after=after,
            )
        items = rows[:limit]
        return Page(
            total,
            [read_row(row) for row in items],
            len(rows) > limit,
            _position(search, items[-1]) if items else after,
        )

    def facets(self, search: Search, name: str) -> list[dict[str, Any]]:
        """Count the values of a field among all images that match, the most frequent first."""
        field = find_whole_field(name, purpose="facets")
        with self._reading() as reader:
            table = among_matched(search, field, total=match(reader, search))
            rows = reader.rows(
                f"SELECT {field.operand} AS value, count(*) AS number"  # noqa: S608, see search.py
                f" FROM {table.sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
                (*table.values, _MAX_FACET_VALUES),
            )
        return [{"value": row["value"], "count": row["number"]} for row in rows]

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        """Lend a connection whose reads all see the same rows."""
        with self._database.connection() as connection:
            if self._delayed is not None:
                self._delayed.catch_up(connection)
            connection.execute("BEGIN")
            yield Reader(connection, DELAYED_TABLES if self._delayed else "")
            connection.execute("COMMIT")


def _position(search: Search, row: sqlite3.Row) -> Position:
    values = tuple(row[f"key_{number}"] for number in range(len(search.keys)))
    return Position(values, row["sequence"])
