"""Rows of source images."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields
from hashlib import sha1
from typing import Any, NamedTuple

from django_rokka.emulator.store.database import Database

__all__ = ["Page", "SourceImages", "StoredImage", "image_hash"]

_SHORTEST_HASH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A source image as its row has it; ``deleted`` is the date of its deletion."""

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

    def as_json(self) -> dict[str, Any]:
        """Write rokka's source image object (API.md 4.1)."""
        data: dict[str, Any] = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in {"user_metadata", "dynamic_metadata", "deleted"}
        }
        if self.user_metadata:
            data["user_metadata"] = self.user_metadata
        if self.dynamic_metadata:
            data["dynamic_metadata"] = self.dynamic_metadata
        if self.deleted:
            data |= {"deleted": True, "deleted_date": self.deleted}
        data["link"] = f"/sourceimages/{self.organization}/{self.hash}"
        return data


class Page(NamedTuple):
    """A piece of a list and how many there are in all."""

    total: int
    items: list[StoredImage]


class SourceImages:
    """The source images of all organizations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, image: StoredImage) -> StoredImage:
        """Store an image, or find it: what is stored keeps its name, and comes back if deleted.

        User metadata that the new upload brings is merged into what there is.
        """
        with self._database.transaction() as connection:
            known = _find(connection, image.organization, image.hash, with_deleted=True)
            if known is None:
                _insert(connection, image)
            else:
                metadata = json.dumps({**known.user_metadata, **image.user_metadata})
                connection.execute(
                    "UPDATE source_image SET user_metadata = ?, deleted = NULL"
                    " WHERE organization = ? AND hash = ?",
                    (metadata, image.organization, image.hash),
                )
            stored = _find(connection, image.organization, image.hash)
        if stored is None:
            raise LookupError(f"The image {image.hash} was written and is not there.")
        return stored

    def find(
        self, organization: str, hash: str, *, with_deleted: bool = False
    ) -> StoredImage | None:
        """Return the image with this hash or short hash."""
        with self._database.connection() as connection:
            return _find(connection, organization, hash, with_deleted=with_deleted)

    def mark_deleted(self, organization: str, hash: str, *, date: str) -> bool:
        """Delete softly; say whether there was such an image."""
        with self._database.transaction() as connection:
            image = _find(connection, organization, hash)
            if image is None:
                return False
            connection.execute(
                "UPDATE source_image SET deleted = ? WHERE organization = ? AND hash = ?",
                (date, organization, image.hash),
            )
            return True

    def page(
        self, organization: str, *, limit: int, offset: int, binary_hash: str | None = None
    ) -> Page:
        """List images, newest first; all, or those that share a binary."""
        where = "organization = ? AND deleted IS NULL"
        values: tuple[Any, ...] = (organization,)
        if binary_hash is not None:
            where += " AND binary_hash = ?"
            values += (binary_hash,)
        with self._database.connection() as connection:
            total = connection.execute(
                f"SELECT count(*) FROM source_image WHERE {where}",  # noqa: S608, fixed text
                values,
            ).fetchone()[0]
            rows = connection.execute(
                f"SELECT * FROM source_image WHERE {where}"  # noqa: S608, fixed text
                " ORDER BY sequence DESC LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
        return Page(total, [_read(row) for row in rows])


def image_hash(
    binary_hash: str, *, dynamic_metadata: dict[str, Any], is_protected: bool = False
) -> str:
    """Return rokka's hash of an image (API.md 2.1.5).

    The formula of the plain case is rokka's; with dynamic metadata or protection rokka's is not
    known, so that the hash is another deterministic one.
    """
    text = "a:0:{}"
    if dynamic_metadata or is_protected:
        distinct = {"dynamic": dynamic_metadata, "protected": is_protected}
        text = json.dumps(distinct, sort_keys=True, separators=(",", ":"))
    return sha1((binary_hash + text).encode(), usedforsecurity=False).hexdigest()


def _find(
    connection: sqlite3.Connection, organization: str, hash: str, *, with_deleted: bool = False
) -> StoredImage | None:
    """Find by whole hash, or by a prefix that names one image; a known short hash wins."""
    alive = "" if with_deleted else " AND deleted IS NULL"
    rows = connection.execute(
        f"SELECT * FROM source_image WHERE organization = ? AND hash >= ? AND hash < ?{alive}"  # noqa: S608, fixed text
        " ORDER BY short_hash = ? DESC LIMIT 2",
        (organization, hash, hash + "g", hash),
    ).fetchall()
    if not rows or (len(rows) > 1 and rows[0]["short_hash"] != hash):
        return None
    return _read(rows[0])


def _insert(connection: sqlite3.Connection, image: StoredImage) -> None:
    values = {field.name: getattr(image, field.name) for field in fields(image)}
    values["short_hash"] = _short_hash(connection, image)
    for name in ("user_metadata", "dynamic_metadata"):
        values[name] = json.dumps(values[name])
    columns = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(
        f"INSERT INTO source_image ({columns}) VALUES ({places})",  # noqa: S608, our own names
        values,
    )


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


def _read(row: sqlite3.Row) -> StoredImage:
    values = {field.name: row[field.name] for field in fields(StoredImage)}
    for name in ("opaque", "animated", "protected", "locked"):
        values[name] = bool(values[name])
    for name in ("user_metadata", "dynamic_metadata"):
        values[name] = json.loads(values[name])
    return StoredImage(**values)
