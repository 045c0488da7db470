"""Rows of stacks."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, NamedTuple

from django_rokka.emulator.store.database import Database

__all__ = ["Stacks", "StoredStack"]


class StoredStack(NamedTuple):
    """A stack and its definition, in the spelling of rokka's answers."""

    organization: str
    name: str
    created: str
    definition: dict[str, Any]

    def as_json(self, *, with_link: bool = False) -> dict[str, Any]:
        """Write rokka's stack object; only the read of one stack has its link."""
        data = {
            "name": self.name,
            "organization": self.organization,
            "created": self.created,
            **self.definition,
        }
        if with_link:
            data["link"] = f"/stacks/{self.organization}/{self.name}"
        return data


class Stacks:
    """The stacks of all organizations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, organization: str, name: str) -> StoredStack | None:
        """Return the stack of this name."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT * FROM stack WHERE organization = ? AND name = ?", (organization, name)
            ).fetchone()
        return _read(row) if row else None

    def page(
        self, organization: str, *, limit: int, offset: int, after: str = ""
    ) -> list[StoredStack]:
        """List stacks by name, from the one behind ``after`` on."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT * FROM stack WHERE organization = ? AND name > ?"
                " ORDER BY name LIMIT ? OFFSET ?",
                (organization, after, limit, offset),
            ).fetchall()
        return [_read(row) for row in rows]

    def put(self, stack: StoredStack, *, overwrite: bool) -> bool | None:
        """Store a stack; return whether it is new, ``None`` when it exists already."""
        definition = json.dumps(stack.definition)
        with self._database.transaction() as connection:
            inserted = connection.execute(
                "INSERT INTO stack (organization, name, created, definition) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (stack.organization, stack.name, stack.created, definition),
            ).rowcount
            if inserted or not overwrite:
                return True if inserted else None
            connection.execute(
                "UPDATE stack SET definition = ?, created = ? WHERE organization = ? AND name = ?",
                (definition, stack.created, stack.organization, stack.name),
            )
            return False

    def delete(self, organization: str, name: str) -> bool:
        """Delete a stack; say whether there was one."""
        with self._database.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM stack WHERE organization = ? AND name = ?", (organization, name)
            )
            return deleted.rowcount > 0


def _read(row: sqlite3.Row) -> StoredStack:
    return StoredStack(
        row["organization"], row["name"], row["created"], json.loads(row["definition"])
    )
