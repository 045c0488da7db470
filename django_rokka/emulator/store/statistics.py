"""Figures about stored images, and the albums that their user metadata make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from django_rokka.emulator.store.database import Database

__all__ = ["AlbumItem", "Day", "Statistics"]


class Day(NamedTuple):
    """What was stored at the end of a day."""

    date: date
    bytes: int
    files: int


class AlbumItem(NamedTuple):
    """An image as an album shows it."""

    hash: str
    name: str
    mimetype: str
    format: str


class Statistics:
    """Sums over the source images of an organization."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def days(self, organization: str, *, first: date, last: date) -> list[Day]:
        """Count what was stored at the end of each day, newest first."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT substr(created, 1, 10), size, 1 FROM source_image WHERE organization = ?1"
                " UNION ALL SELECT substr(deleted, 1, 10), -size, -1 FROM source_image"
                " WHERE organization = ?1 AND deleted IS NOT NULL ORDER BY 1",
                (organization,),
            ).fetchall()
        return list(_sum_up(rows, first=first, last=last))[::-1]

    def album(self, organization: str, album: str) -> list[AlbumItem]:
        """List the images for everybody whose user metadata name an album, newest first."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT hash, name, mimetype, format FROM source_image"
                " WHERE organization = ? AND deleted IS NULL AND NOT protected AND EXISTS ("
                """SELECT 1 FROM json_each(user_metadata, '$."array:albums"') WHERE value = ?)"""
                " ORDER BY sequence DESC",
                (organization, album),
            ).fetchall()
        return [AlbumItem(*row) for row in rows]


def _sum_up(rows: Iterable[tuple[str, int, int]], *, first: date, last: date) -> Iterator[Day]:
    changes = [(date.fromisoformat(day), size, count) for day, size, count in rows]
    position, size, files = 0, 0, 0
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        while position < len(changes) and changes[position][0] <= day:
            size += changes[position][1]
            files += changes[position][2]
            position += 1
        yield Day(day, size, files)
