"""Rows of organizations."""

from __future__ import annotations

import json
import secrets
import sqlite3
import uuid
from dataclasses import dataclass, field
from typing import Any

from django_rokka.emulator.store.database import Database

__all__ = ["Organizations", "StoredOrganization"]

# The profile is a table of its own, so that roots of before it need no change.
_SELECT = (
    "SELECT organization.name, id, created, options, signing_key, is_paying,"
    " coalesce(display_name, organization.name) AS display_name,"
    " coalesce(billing_email, organization.name || '@rokka.invalid') AS billing_email,"
    " coalesce(master_organization, organization.name) AS master_organization"
    " FROM organization LEFT JOIN organization_profile USING (name)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrganization:
    """An organization, its options and the key that signs its render URLs."""

    name: str
    id: str
    created: str
    display_name: str
    billing_email: str
    master_organization: str
    options: dict[str, Any]
    is_paying: bool
    signing_key: str = field(repr=False)

    def as_json(self, *, with_signing_keys: bool) -> dict[str, Any]:
        """Write rokka's organization object; only administrators see the signing keys."""
        data: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "display_name": self.display_name,
            "billing_email": self.billing_email,
            "created": self.created,
            "master_organization": self.master_organization,
            "options": self.options,
        }
        if with_signing_keys:
            data["signing_keys"] = [{"key": self.signing_key}]
        return data


class Organizations:
    """All organizations of a root; new ones pay or not, as they are told."""

    def __init__(self, database: Database, *, is_paying: bool = True) -> None:
        self._database = database
        self._is_paying = is_paying

    def ensure(self, name: str, *, created: str, signing_key: str | None) -> StoredOrganization:
        """Return the organization; make it when it is missing, with a random key if none is given.

        A given key replaces the stored one.
        """
        with self._database.transaction() as connection:
            _insert(connection, name, created=created, is_paying=self._is_paying)
            if signing_key:
                connection.execute(
                    "UPDATE organization SET signing_key = ? WHERE name = ?", (signing_key, name)
                )
        found = self.find(name)
        if found is None:
            raise LookupError(f"The organization {name!r} was written and is not there.")
        return found

    def create(
        self,
        name: str,
        *,
        created: str,
        display_name: str,
        billing_email: str,
        master_organization: str,
    ) -> bool:
        """Make an organization; say whether the name was free."""
        with self._database.transaction() as connection:
            if not _insert(connection, name, created=created, is_paying=self._is_paying):
                return False
            connection.execute(
                "INSERT INTO organization_profile"
                " (name, display_name, billing_email, master_organization) VALUES (?, ?, ?, ?)",
                (name, display_name, billing_email, master_organization),
            )
            return True

    def find(self, name: str) -> StoredOrganization | None:
        """Return the organization of this name."""
        found = self._list("organization.name = ?", name)
        return found[0] if found else None

    def all(self) -> list[StoredOrganization]:
        """List the organizations by name."""
        return self._list("organization.name <> ?", "")

    def sub_organizations(self, master: str) -> list[StoredOrganization]:
        """List the organizations below a master, by name, without itself."""
        return self._list("master_organization = ?1 AND organization.name <> ?1", master)

    def set_options(self, name: str, options: dict[str, Any]) -> None:
        """Merge options into those of an organization; ``None`` takes one away."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE organization SET options = json_patch(options, ?) WHERE name = ?",
                (json.dumps(options), name),
            )

    def set_paying(self, name: str, *, is_paying: bool) -> None:
        """Make an organization a paying or a free one."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE organization SET is_paying = ? WHERE name = ?", (is_paying, name)
            )

    def _list(self, where: str, value: str) -> list[StoredOrganization]:
        with self._database.connection() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE {where} ORDER BY organization.name", (value,)
            ).fetchall()
        return [
            StoredOrganization(
                **{
                    **dict(row),
                    "options": json.loads(row["options"]),
                    "is_paying": bool(row["is_paying"]),
                }
            )
            for row in rows
        ]


def _insert(connection: sqlite3.Connection, name: str, *, created: str, is_paying: bool) -> bool:
    inserted = connection.execute(
        "INSERT INTO organization (name, id, created, signing_key, options, is_paying)"
        " VALUES (?, ?, ?, ?, '{}', ?) ON CONFLICT DO NOTHING",
        (name, str(uuid.uuid4()), created, secrets.token_urlsafe(24), is_paying),
    )
    return inserted.rowcount > 0
