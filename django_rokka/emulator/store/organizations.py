"""Rows of organizations."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from django_rokka.emulator.store.database import Database

__all__ = ["Organizations", "StoredOrganization"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrganization:
    """An organization, its options and the key that signs its render URLs."""

    name: str
    id: str
    created: str
    options: dict[str, Any]
    signing_key: str = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Write rokka's organization object (API.md 4.4), as an administrator sees it."""
        return {
            "id": self.id,
            "name": self.name,
            "display_name": self.name,
            "billing_email": f"{self.name}@rokka.invalid",
            "created": self.created,
            "master_organization": self.name,
            "options": self.options,
            "signing_keys": [{"key": self.signing_key}],
        }


class Organizations:
    """All organizations of a root."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(self, name: str, *, created: str, signing_key: str | None) -> StoredOrganization:
        """Return the organization; make it when it is missing, with a random key if none is given.

        A given key replaces the stored one.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO organization (name, id, created, signing_key, options)"
                " VALUES (?, ?, ?, ?, '{}') ON CONFLICT DO NOTHING",
                (name, str(uuid.uuid4()), created, secrets.token_urlsafe(24)),
            )
            if signing_key:
                connection.execute(
                    "UPDATE organization SET signing_key = ? WHERE name = ?", (signing_key, name)
                )
        found = self.find(name)
        if found is None:
            raise LookupError(f"The organization {name!r} was written and is not there.")
        return found

    def find(self, name: str) -> StoredOrganization | None:
        """Return the organization of this name."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT name, id, created, options, signing_key FROM organization WHERE name = ?",
                (name,),
            ).fetchone()
        if row is None:
            return None
        return StoredOrganization(**{**dict(row), "options": json.loads(row["options"])})

    def set_options(self, name: str, options: dict[str, Any]) -> None:
        """Merge options into those of an organization."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE organization SET options = json_patch(options, ?) WHERE name = ?",
                (json.dumps(options), name),
            )
