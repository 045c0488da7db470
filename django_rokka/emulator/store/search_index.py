"""The values by which images are searched, beside the columns that have indexes of their own.

Each value of the metadata is a row with the number of its field, and so is each word of a text.
The fields of an organization's deleted images have numbers of their own.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from django_rokka.emulator.store.search_values import words_of, write_date

__all__ = ["FIELD_NUMBER", "INDEXED_COLUMNS", "forget_row", "index_all", "index_row"]

FIELD_NUMBER = (
    "(SELECT number FROM search_field WHERE organization = ? AND is_deleted = ? AND name = ?)"
)
"""The number of a field; a field that no image has ever had has none."""

INDEXED_COLUMNS = frozenset(
    {"name", "user_metadata", "dynamic_metadata", "static_metadata", "deleted"}
)
"""Columns with which the values of an image change."""

Value = tuple[str, Any]
"""The name of a field, and one of its values."""


def index_all(connection: sqlite3.Connection) -> None:
    """Count all images and write their values, as a file needs that was made without them."""
    connection.execute("DELETE FROM image_count")
    connection.execute(
        "INSERT INTO image_count"
        " SELECT organization, deleted IS NOT NULL, count(*) FROM source_image GROUP BY 1, 2"
    )
    for row in connection.execute("SELECT * FROM source_image").fetchall():
        index_row(connection, row)


def index_row(
    connection: sqlite3.Connection, row: sqlite3.Row, *, table: str = "field_value"
) -> None:
    """Write the values of an image that has none in the index."""
    place = (row["organization"], int(row["deleted"] is not None))
    values = set(_iter_values(row))
    connection.executemany(
        "INSERT OR IGNORE INTO search_field (organization, is_deleted, name) VALUES (?, ?, ?)",
        {(*place, field) for field, _ in values},
    )
    connection.executemany(
        f"INSERT INTO {table} (field, value, sequence) VALUES ({FIELD_NUMBER}, ?, ?)",  # noqa: S608, our own names
        [(*place, field, value, row["sequence"]) for field, value in values],
    )


def forget_row(
    connection: sqlite3.Connection, row: sqlite3.Row, *, table: str = "field_value"
) -> None:
    """Take the values of an image out of the index."""
    connection.execute(
        f"DELETE FROM {table} WHERE sequence = ?"  # noqa: S608, our own names
        " AND field IN (SELECT number FROM search_field WHERE organization = ?)",
        (row["sequence"], row["organization"]),
    )


def _iter_values(row: sqlite3.Row) -> Iterator[Value]:
    for word in words_of(row["name"]):
        yield "name_text", word
    for key, value in json.loads(row["user_metadata"]).items():
        kind, _, name = key.rpartition(":")
        yield from _iter_field(f"user:{kind or 'str'}:{name}", kind or "str", value)
    for name, members in json.loads(row["dynamic_metadata"]).items():
        yield from _iter_members(name, members, room="dynamic")
    for name, block in json.loads(row["static_metadata"]).items():
        yield from _iter_members(name, block["data"], room="static")


def _iter_members(name: str, members: Mapping[str, Any], *, room: str) -> Iterator[Value]:
    """Yield members under every type as which they can be asked for; objects have none."""
    for member, value in members.items():
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            continue
        for kind in _KINDS.get(type(value), ()):
            yield from _iter_field(f"{room}:{kind}:{name}:{member}", kind, value)


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
