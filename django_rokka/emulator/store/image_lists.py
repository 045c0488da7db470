"""Lists of source images: pages, counts of values, and walks through all that match."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.store.database import Database
from django_rokka.emulator.store.image_rows import StoredImage, read_row
from django_rokka.emulator.store.search import Position, Search
from django_rokka.emulator.store.search_fields import Fragment, SearchField, find_field
from django_rokka.emulator.store.search_values import has_words

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

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, search: Search, *, limit: int, offset: int = 0, after: Position | None = None
    ) -> Page:
        """Return a piece of a list, from a number or from behind a position."""
        where = search.where
        with self._reading() as connection:
            total: int = connection.execute(
                f"SELECT count(*) FROM source_image WHERE {where.sql}",  # noqa: S608, see search.py
                where.values,
            ).fetchone()[0]
            rows = _select(
                connection, search, limit=limit + 1 if limit else 0, offset=offset, after=after
            ).fetchall()
        items = rows[:limit]
        return Page(
            total,
            [read_row(row) for row in items],
            len(rows) > limit,
            _position(search, items[-1]) if items else after,
        )

    def facets(self, search: Search, name: str) -> list[dict[str, Any]]:
        """Count the values of a field among all images that match, the most frequent first."""
        field = find_field(name)
        if field.is_text:
            raise BadRequest(
                f"facets has {name[:100]!r}, which is a field of words. Use fields of the types str"
                " and array."
            )
        where, table = search.where, _table(field)
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {field.operand} AS value, count(DISTINCT source_image.sequence) AS number"  # noqa: S608, see search.py
                f" FROM {table.sql} WHERE {where.sql} AND value IS NOT NULL"
                " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
                (*table.values, *where.values, _MAX_FACET_VALUES),
            ).fetchall()
        return [{"value": row["value"], "count": row["number"]} for row in rows]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose reads all see the same rows."""
        with self._database.connection() as connection:
            connection.create_function("has_words", 2, has_words, deterministic=True)
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")


def _select(
    connection: sqlite3.Connection,
    search: Search,
    *,
    limit: int,
    offset: int,
    after: Position | None,
) -> sqlite3.Cursor:
    keys = [key.field.key for key in search.keys]
    columns = "".join(f", {key.sql} AS key_{number}" for number, key in enumerate(keys))
    where, order = search.where, search.order
    behind = search.behind(after) if after is not None else Fragment("1")
    return connection.execute(
        f"SELECT source_image.*{columns} FROM source_image"  # noqa: S608, see search.py
        f" WHERE {where.sql} AND {behind.sql} ORDER BY {order.sql} LIMIT ? OFFSET ?",
        (
            *(value for key in keys for value in key.values),
            *where.values,
            *behind.values,
            *order.values,
            limit,
            offset,
        ),
    )


def _position(search: Search, row: sqlite3.Row) -> Position:
    values = tuple(row[f"key_{number}"] for number in range(len(search.keys)))
    return Position(values, row["sequence"])


def _table(field: SearchField) -> Fragment:
    if not field.path:
        return Fragment("source_image")
    elements = field.elements
    return Fragment(f"source_image, {elements.sql}", elements.values)
