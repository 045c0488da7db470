"""Rows of users and of their API keys."""

from __future__ import annotations

import hmac
import json
import secrets
import sqlite3
import string
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple

from werkzeug.exceptions import Conflict

from django_rokka.emulator.store.database import Database

__all__ = ["MAX_KEYS", "ROOT_USER", "StoredKey", "StoredUser", "Users"]

MAX_KEYS = 5
"""API keys that a user may have."""

_LETTERS = string.ascii_letters + string.digits


class StoredUser(NamedTuple):
    """Someone who has API keys."""

    id: str
    email: str
    created: str


ROOT_USER = StoredUser(
    str(uuid.uuid5(uuid.NAMESPACE_URL, "rokka.emulator")),
    "root@rokka.invalid",
    "1970-01-01T00:00:00+00:00",
)
"""The user of the key that the emulator was started with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """An API key without its value, of which only a hash is kept."""

    id: str
    user_id: str
    comment: str | None = None
    created: str = ""
    accessed: str | None = None
    restrictions: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Write rokka's API key object."""
        data: dict[str, Any] = {"id": self.id, "comment": self.comment, "created": self.created}
        if self.accessed:
            data["accessed"] = self.accessed
        return data | dict(self.restrictions)


class Users:
    """The users of a root, and their keys; the root user's own keys are in no row."""

    def __init__(self, database: Database, *, root_keys: Iterable[str]) -> None:
        self._database = database
        self._root_keys = {digest: _root_key(digest) for digest in map(_digest, root_keys)}

    def find(self, id: str) -> StoredUser | None:
        """Return the user with this id."""
        if id == ROOT_USER.id:
            return ROOT_USER
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT id, email, created FROM user WHERE id = ?", (id,)
            ).fetchone()
        return StoredUser(*row) if row else None

    def add(self, email: str, *, created: str) -> StoredUser:
        """Store a new user, or answer 409; without an address one is made from the id."""
        user_id = str(uuid.uuid4())
        user = StoredUser(user_id, email or f"{user_id}@rokka.invalid", created)
        with self._database.transaction() as connection:
            is_new = connection.execute(
                "INSERT INTO user (id, email, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                user,
            ).rowcount
        if not is_new:
            raise Conflict(f"There is a user with the address {email[:200]!r} already.")
        return user

    def find_key(self, value: str) -> StoredKey | None:
        """Return the key with this value."""
        digest = _digest(value)
        for root_digest, key in self._root_keys.items():
            if hmac.compare_digest(digest, root_digest):
                return key
        with self._database.connection() as connection:
            row = connection.execute("SELECT * FROM api_key WHERE digest = ?", (digest,)).fetchone()
        return _read(row) if row else None

    def find_key_by_id(self, id: str) -> StoredKey | None:
        """Return the key with this id."""
        for key in self._root_keys.values():
            if id == key.id:
                return key
        with self._database.connection() as connection:
            row = connection.execute("SELECT * FROM api_key WHERE id = ?", (id,)).fetchone()
        return _read(row) if row else None

    def is_root_key(self, key: StoredKey) -> bool:
        """Say whether the emulator was started with a key."""
        return key in self._root_keys.values()

    def keys(self, user_id: str) -> list[StoredKey]:
        """List the keys of a user, oldest first."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT * FROM api_key WHERE user_id = ? ORDER BY rowid", (user_id,)
            ).fetchall()
        own = self._root_keys.values() if user_id == ROOT_USER.id else []
        return [*own, *map(_read, rows)]

    def add_key(
        self,
        user_id: str,
        *,
        comment: str | None,
        restrictions: Mapping[str, Any],
        created: str,
    ) -> tuple[StoredKey, str] | None:
        """Store a new key and return it with its value; ``None`` when the user has too many."""
        key = StoredKey(
            id=str(uuid.uuid4()),
            user_id=user_id,
            comment=comment,
            created=created,
            restrictions=restrictions,
        )
        value = _digest(user_id)[:32] + "".join(secrets.choice(_LETTERS) for _ in range(32))
        # However many keys the emulator was started with, they count as one.
        allowed = MAX_KEYS - (user_id == ROOT_USER.id)
        with self._database.transaction() as connection:
            count = connection.execute(
                "SELECT count(*) FROM api_key WHERE user_id = ?", (user_id,)
            ).fetchone()[0]
            if count >= allowed:
                return None
            connection.execute(
                "INSERT INTO api_key (id, user_id, digest, comment, created, restrictions)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (key.id, user_id, _digest(value), comment, created, json.dumps(restrictions)),
            )
        return key, value

    def change_key(self, id: str, *, comment: str | None, restrictions: Mapping[str, Any]) -> None:
        """Write comment and restrictions of a key."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE api_key SET comment = ?, restrictions = ? WHERE id = ?",
                (comment, json.dumps(restrictions), id),
            )

    def delete_key(self, id: str) -> None:
        """Delete a key, and with it what its tokens open."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM api_key WHERE id = ?", (id,))

    def note_access(self, key: StoredKey, *, now: str) -> StoredKey:
        """Remember that a key was used, once a day."""
        if self.is_root_key(key) or (key.accessed or "")[:10] == now[:10]:
            return key
        with self._database.transaction() as connection:
            connection.execute("UPDATE api_key SET accessed = ? WHERE id = ?", (now, key.id))
            connection.execute(
                "UPDATE membership SET last_access = ? WHERE user_id = ?", (now, key.user_id)
            )
        return replace(key, accessed=now)

    def token_secret(self) -> bytes:
        """Return what signs the tokens of this root; it is made at its first use."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO secret (name, value) VALUES ('token', ?) ON CONFLICT DO NOTHING",
                (secrets.token_hex(32),),
            )
            row = connection.execute("SELECT value FROM secret WHERE name = 'token'").fetchone()
        return bytes.fromhex(row["value"])


def _digest(value: str) -> str:
    return sha256(value.encode(errors="surrogatepass")).hexdigest()


def _root_key(digest: str) -> StoredKey:
    return StoredKey(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, digest)),
        user_id=ROOT_USER.id,
        comment="given to the emulator at its start",
        created=ROOT_USER.created,
        restrictions={},
    )


def _read(row: sqlite3.Row) -> StoredKey:
    return StoredKey(
        id=row["id"],
        user_id=row["user_id"],
        comment=row["comment"],
        created=row["created"],
        accessed=row["accessed"],
        restrictions=json.loads(row["restrictions"]),
    )
