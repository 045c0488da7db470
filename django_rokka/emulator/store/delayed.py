"""A search index that knows of changes some time later, as rokka's does.

Triggers of this process's connections note each change and its time. What is old enough is taken
over into tables like those of the real index before these are read. Without a delay there is none
of this. All processes of a root need the same delay; at the start of one everything is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from django_rokka.emulator.store.database import Database
from django_rokka.emulator.store.search_index import forget_row, index_row
from django_rokka.emulator.store.tables import IMAGE_COLUMNS, VALUE_COLUMNS

__all__ = ["DELAYED_TABLES", "DelayedIndex"]

DELAYED_TABLES = (
    "WITH source_image AS (SELECT * FROM delayed_image),"
    " field_value AS (SELECT * FROM delayed_value),"
    " image_count AS (SELECT organization, deleted IS NOT NULL AS is_deleted, count(*) AS number"
    " FROM delayed_image GROUP BY 1, 2) "
)
"""The beginning of a query that reads the delayed index instead."""

_NAMES = ("sequence", *(line.split()[0] for line in IMAGE_COLUMNS.strip().splitlines()))
_COLUMNS = ", ".join(_NAMES)
# Tables of an earlier version may have had other columns.
_START = f"""
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS delayed_image;
DROP TABLE IF EXISTS delayed_value;
DROP TABLE IF EXISTS image_change;
CREATE TABLE delayed_image (
    sequence INTEGER PRIMARY KEY,
{IMAGE_COLUMNS}
);
CREATE INDEX delayed_image_created
    ON delayed_image (organization, deleted, created, sequence);
CREATE TABLE delayed_value (
{VALUE_COLUMNS}
) WITHOUT ROWID;
CREATE INDEX delayed_value_image ON delayed_value (field, sequence, value);
CREATE TABLE image_change (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    sequence INTEGER NOT NULL,
{IMAGE_COLUMNS}
);
INSERT INTO delayed_image ({_COLUMNS}) SELECT {_COLUMNS} FROM source_image;
INSERT INTO delayed_value SELECT * FROM field_value;
COMMIT;
"""  # noqa: S608, our own names
_TRIGGERS = "".join(
    f"CREATE TEMP TRIGGER change_by_{event} AFTER {event} ON main.source_image BEGIN"  # noqa: S608, our own names
    f" INSERT INTO image_change (at, {_COLUMNS})"
    f" VALUES (time_of_change(), {', '.join(f'NEW.{name}' for name in _NAMES)}); END;"
    for event in ("INSERT", "UPDATE")
)
# A clock may be set back: what came later is not taken over before what came earlier.
_DUE = "number < coalesce((SELECT min(number) FROM image_change WHERE at > :due), 1 << 62)"


class DelayedIndex:
    """What searches see, ``delay`` seconds after it was written."""

    def __init__(self, database: Database, *, delay: float, clock: Callable[[], datetime]) -> None:
        self._delay = delay
        self._clock = clock
        with database.connection() as connection:
            connection.executescript(_START)
        database.on_open(self._watch)

    def catch_up(self, connection: sqlite3.Connection) -> None:
        """Take over the changes that are old enough."""
        due = {"due": self._clock().timestamp() - self._delay}
        if not connection.execute(f"SELECT 1 FROM image_change WHERE {_DUE}", due).fetchone():  # noqa: S608, fixed text
            return
        connection.execute("BEGIN IMMEDIATE")
        changes = connection.execute(
            f"SELECT * FROM image_change WHERE {_DUE} ORDER BY number",  # noqa: S608, fixed text
            due,
        ).fetchall()
        for change in changes:
            connection.execute(
                f"INSERT OR REPLACE INTO delayed_image ({_COLUMNS})"  # noqa: S608, our own names
                f" SELECT {_COLUMNS} FROM image_change WHERE number = ?",
                (change["number"],),
            )
            forget_row(connection, change, table="delayed_value")
            index_row(connection, change, table="delayed_value")
        connection.execute(f"DELETE FROM image_change WHERE {_DUE}", due)  # noqa: S608, fixed text
        connection.execute("COMMIT")

    def _watch(self, connection: sqlite3.Connection) -> None:
        connection.create_function("time_of_change", 0, lambda: self._clock().timestamp())
        connection.executescript(_TRIGGERS)
