"""One row of a source image: what it holds, how it is found, written and numbered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha1
from typing import Any

from django_rokka.emulator.store.search_index import INDEXED_COLUMNS, forget_row, index_row

__all__ = [
    "StoredImage",
    "find_row",
    "image_hash",
    "insert_row",
    "read_row",
    "update_row",
]

_SHORTEST_HASH = 6
_JSON = ("user_metadata", "dynamic_metadata", "static_metadata")
_FLAGS = ("opaque", "animated", "protected", "locked")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A source image as its row has it; ``deleted`` is the date of its deletion.

    ``optimized_hash`` is the SHA-1 of the file that replaced the uploaded one.
    """

    organization: str
    hash: str
    binary_hash: str
    created: str
    name: str
    mimetype: str
    format: str
    size: int
    width: int
    height: int
    opaque: bool
    animated: bool
    protected: bool
    user_metadata: dict[str, Any]
    dynamic_metadata: dict[str, Any]
    short_hash: str = ""
    locked: bool = False
    deleted: str | None = None
    optimized_hash: str | None = None
    static_metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def file_hash(self) -> str:
        """The SHA-1 of the file that is kept, by which it is found."""
        return self.optimized_hash or self.binary_hash

    def as_json(self, *, with_link: bool = True) -> dict[str, Any]:
        """Write rokka's source image object."""
        data: dict[str, Any] = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in {*_JSON, "deleted", "optimized_hash"}
        }
        for name in _JSON:
            if metadata := getattr(self, name):
                data[name] = metadata
        if self.deleted:
            data |= {"deleted": True, "deleted_date": self.deleted}
        if with_link:
            data["link"] = f"/sourceimages/{self.organization}/{self.hash}"
        return data


def image_hash(
    binary_hash: str, *, dynamic_metadata: Mapping[str, Any], is_protected: bool = False
) -> str:
    """Return rokka's hash of an image.

    The formula of the plain case is rokka's; with dynamic metadata or protection rokka's is not
    known, so that the hash is another deterministic one.
    """
    text = "a:0:{}"
    if dynamic_metadata or is_protected:
        distinct = {"dynamic": dynamic_metadata, "protected": is_protected}
        text = json.dumps(distinct, sort_keys=True, separators=(",", ":"))
    return sha1((binary_hash + text).encode(), usedforsecurity=False).hexdigest()


def find_row(
    connection: sqlite3.Connection,
    organization: str,
    hash: str,
    *,
    with_deleted: bool = False,
    deleted_since: str = "",
) -> StoredImage | None:
    """Find by whole hash, or by a prefix that names one image; a known short hash wins."""
    # The plus keeps SQLite from an index of all that are deleted or not.
    alive = "AND (deleted IS NULL OR deleted >= ?)" if with_deleted else "AND +deleted IS NULL"
    values = (deleted_since,) if with_deleted else ()
    rows = connection.execute(
        f"SELECT * FROM source_image WHERE organization = ? AND hash >= ? AND hash < ? {alive}"  # noqa: S608, fixed text
        " ORDER BY short_hash = ? DESC LIMIT 2",
        (organization, hash, hash + "g", *values, hash),
    ).fetchall()
    if not rows or (len(rows) > 1 and rows[0]["short_hash"] != hash):
        return None
    return read_row(rows[0])


def insert_row(connection: sqlite3.Connection, image: StoredImage) -> None:
    """Write a new image, with a short hash that is no other image's."""
    values = {field.name: getattr(image, field.name) for field in fields(image)}
    values["short_hash"] = _short_hash(connection, image)
    columns = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(
        f"INSERT INTO source_image ({columns}) VALUES ({places})",  # noqa: S608, our own names
        _as_columns(values),
    )
    index_row(connection, _read_whole(connection, image))


def update_row(connection: sqlite3.Connection, image: StoredImage, **changes: Any) -> None:
    """Change columns of an image."""
    places = ", ".join(f"{name} = :{name}" for name in changes)
    connection.execute(
        f"UPDATE source_image SET {places}"  # noqa: S608, our own names
        " WHERE organization = :organization_ AND hash = :hash_",
        {**_as_columns(changes), "organization_": image.organization, "hash_": image.hash},
    )
    if INDEXED_COLUMNS.intersection(changes):
        row = _read_whole(connection, image)
        forget_row(connection, row)
        index_row(connection, row)


def read_row(row: sqlite3.Row) -> StoredImage:
    """Make an image of its row."""
    values = {field.name: row[field.name] for field in fields(StoredImage)}
    for name in _FLAGS:
        values[name] = bool(values[name])
    for name in _JSON:
        values[name] = json.loads(values[name])
    return StoredImage(**values)


def _read_whole(connection: sqlite3.Connection, image: StoredImage) -> sqlite3.Row:
    row: sqlite3.Row = connection.execute(
        "SELECT * FROM source_image WHERE organization = ? AND hash = ?",
        (image.organization, image.hash),
    ).fetchone()
    return row


def _as_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if name in _JSON else value for name, value in values.items()}


def _short_hash(connection: sqlite3.Connection, image: StoredImage) -> str:
    """Return the shortest prefix that is no other image's, of six characters at least."""
    for length in range(_SHORTEST_HASH, len(image.hash)):
        prefix = image.hash[:length]
        taken = connection.execute(
            "SELECT 1 FROM source_image WHERE organization = ? AND hash >= ? AND hash < ?",
            (image.organization, prefix, prefix + "g"),
        ).fetchone()
        if taken is None:
            return prefix
    return image.hash
