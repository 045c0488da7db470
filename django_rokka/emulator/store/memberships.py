"""Rows of memberships: which user has which roles in which organization."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple

from django_rokka.emulator.store.database import Database
from django_rokka.emulator.store.users import ROOT_USER

__all__ = ["Change", "Memberships", "StoredMembership"]

_ADMIN = "admin"
_SELECT = (
    "SELECT membership.*, coalesce(user.email, ?) AS email, organization.id AS organization_id"
    " FROM membership JOIN organization ON organization.name = membership.organization"
    " LEFT JOIN user ON user.id = membership.user_id"
)


class StoredMembership(NamedTuple):
    """The roles of a user in an organization."""

    organization: str
    organization_id: str
    user_id: str
    email: str
    roles: tuple[str, ...]
    created: str
    comment: str | None = None
    last_access: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Write rokka's membership object."""
        data: dict[str, Any] = {
            "user_id": self.user_id,
            "email": self.email,
            "roles": list(self.roles),
            "organization_id": self.organization_id,
            "active": True,
            "created": self.created,
        }
        if self.comment is not None:
            data["comment"] = self.comment
        if self.last_access is not None:
            data["last_access"] = self.last_access
        return data


class Change(Enum):
    """What became of a membership."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    MISSING = "missing"
    REFUSED = "refused: the organization would be without an admin"


class Memberships:
    """The memberships of all organizations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure_admin(self, organization: str, *, created: str) -> None:
        """Make the root user an admin of an organization without members."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO membership (organization, user_id, roles, created)"
                " SELECT ?, ?, ?, ? WHERE NOT EXISTS"
                " (SELECT 1 FROM membership WHERE organization = ?)",
                (organization, ROOT_USER.id, json.dumps([_ADMIN]), created, organization),
            )

    def find(self, organization: str, user_id: str) -> StoredMembership | None:
        """Return the membership of a user."""
        with self._database.connection() as connection:
            row = connection.execute(
                f"{_SELECT} WHERE membership.organization = ? AND membership.user_id = ?",
                (ROOT_USER.email, organization, user_id),
            ).fetchone()
        return _read(row) if row else None

    def of_organization(self, organization: str) -> list[StoredMembership]:
        """List the members of an organization, oldest first."""
        return self._list("organization", organization)

    def of_user(self, user_id: str) -> list[StoredMembership]:
        """List the organizations of a user, oldest membership first."""
        return self._list("user_id", user_id)

    def put(
        self,
        organization: str,
        user_id: str,
        roles: Iterable[str],
        *,
        comment: str | None,
        created: str,
    ) -> Change:
        """Give a user these roles; without a comment the stored one stays."""
        written = json.dumps(list(roles))
        place = (organization, user_id)
        with self._database.transaction() as connection:
            known = connection.execute(
                "SELECT roles, comment FROM membership WHERE organization = ? AND user_id = ?",
                place,
            ).fetchone()
            if known is None:
                connection.execute(
                    "INSERT INTO membership (organization, user_id, roles, comment, created)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (*place, written, comment, created),
                )
                return Change.NEW
            comment = known["comment"] if comment is None else comment
            if (known["roles"], known["comment"]) == (written, comment):
                return Change.UNCHANGED
            if _ADMIN not in json.loads(written) and _is_last_admin(connection, *place):
                return Change.REFUSED
            connection.execute(
                "UPDATE membership SET roles = ?, comment = ?"
                " WHERE organization = ? AND user_id = ?",
                (written, comment, *place),
            )
            return Change.CHANGED

    def delete(self, organization: str, user_id: str) -> Change:
        """Take a user out of an organization."""
        place = (organization, user_id)
        with self._database.transaction() as connection:
            if _is_last_admin(connection, *place):
                return Change.REFUSED
            deleted = connection.execute(
                "DELETE FROM membership WHERE organization = ? AND user_id = ?", place
            ).rowcount
            return Change.DELETED if deleted else Change.MISSING

    def _list(self, column: str, value: str) -> list[StoredMembership]:
        with self._database.connection() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE membership.{column} = ? ORDER BY membership.rowid",
                (ROOT_USER.email, value),
            ).fetchall()
        return [_read(row) for row in rows]


def _is_last_admin(connection: sqlite3.Connection, organization: str, user_id: str) -> bool:
    admins = {
        row["user_id"]
        for row in connection.execute(
            "SELECT user_id, roles FROM membership WHERE organization = ?", (organization,)
        )
        if _ADMIN in json.loads(row["roles"])
    }
    return admins == {user_id}


def _read(row: sqlite3.Row) -> StoredMembership:
    return StoredMembership(
        organization=row["organization"],
        organization_id=row["organization_id"],
        user_id=row["user_id"],
        email=row["email"],
        roles=tuple(json.loads(row["roles"])),
        created=row["created"],
        comment=row["comment"],
        last_access=row["last_access"],
    )
