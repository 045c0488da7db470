"""The values by which images are searched, beside the columns that have indexes of their own.

Each value of the metadata is a row with the name of its field, and so is each word of a text.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from django_rokka.emulator.store.search_values import words_of, write_date

__all__ = ["INDEXED_COLUMNS", "index_all", "index_row"]

INDEXED_COLUMNS = frozenset({"name", "user_metadata", "dynamic_metadata", "deleted"})
"""Columns with which the values of an image change."""

Value = tuple[str, Any]
"""The name of a field, and one of its values."""


def index_all(connection: sqlite3.Connection) -> None:
    """Write the values of all images, as a file needs that was made without them."""
    for row in connection.execute("SELECT * FROM source_image").fetchall():
        index_row(connection, row)


def index_row(
    connection: sqlite3.Connection, row: sqlite3.Row, *, table: str = "search_value"
) -> None:
    """Write the values of an image in the place of those it had."""
    place = (row["organization"], int(row["deleted"] is not None))
    connection.execute(f"DELETE FROM {table} WHERE sequence = ?", (row["sequence"],))  # noqa: S608, our own names
    connection.executemany(
        f"INSERT INTO {table} (organization, is_deleted, field, value, sequence)"  # noqa: S608, our own names
        " VALUES (?, ?, ?, ?, ?)",
        [(*place, *value, row["sequence"]) for value in set(_iter_values(row))],
    )


def _iter_values(row: sqlite3.Row) -> Iterator[Value]:
    for word in words_of(row["name"]):
        yield "name_text", word
    for key, value in json.loads(row["user_metadata"]).items():
        kind, _, name = key.rpartition(":")
        yield from _iter_field(f"user:{kind or 'str'}:{name}", kind or "str", value)
    for name, members in json.loads(row["dynamic_metadata"]).items():
        yield from _iter_dynamic(name, members)


def _iter_dynamic(name: str, members: Mapping[str, Any]) -> Iterator[Value]:
    """Yield members under every type as which they can be asked for; objects have none."""
    for member, value in members.items():
        for kind in _KINDS.get(type(value), ()):
            yield from _iter_field(f"dynamic:{kind}:{name}:{member}", kind, value)


def _iter_field(field: str, kind: str, value: Any) -> Iterator[Value]:
    for item in value if isinstance(value, list) else [value]:
        if kind in {"text", "array_text"}:
            yield from ((field, word) for word in words_of(item))
        else:
            yield field, write_date(item) if kind == "date" else item


_KINDS: Mapping[type, tuple[str, ...]] = {
    int: ("int", "double"),
    float: ("double",),
    str: ("str", "text"),
    list: ("array", "array_text"),
}
