"""Rows of aliases, and the hourly budgets of their invalidation."""

from __future__ import annotations

from typing import NamedTuple

from django_rokka.emulator.store.database import Database

__all__ = ["Aliases", "Invalidations", "Reservation", "StoredAlias"]

HOUR = 3600
"""Seconds over which a budget slides."""


class StoredAlias(NamedTuple):
    """An alias and the hash it points to."""

    organization: str
    alias: str
    hash: str
    created: str

    def as_json(self) -> dict[str, str]:
        """Write rokka's alias object."""
        return self._asdict()


class Aliases:
    """The aliases of all organizations; names are case-sensitive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, organization: str, alias: str) -> StoredAlias | None:
        """Return the alias of this name."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT organization, alias, hash, created FROM alias"
                " WHERE organization = ? AND alias = ?",
                (organization, alias),
            ).fetchone()
        return StoredAlias(*row) if row else None

    def put(self, alias: StoredAlias, *, overwrite: bool) -> bool | None:
        """Point an alias to a hash; return whether it is new, ``None`` when it exists already."""
        with self._database.transaction() as connection:
            inserted = connection.execute(
                "INSERT INTO alias (organization, alias, hash, created) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                alias,
            ).rowcount
            if inserted or not overwrite:
                return True if inserted else None
            connection.execute(
                "UPDATE alias SET hash = ? WHERE organization = ? AND alias = ?",
                (alias.hash, alias.organization, alias.alias),
            )
            return False

    def delete(self, organization: str, alias: str) -> bool:
        """Delete an alias; say whether there was one."""
        with self._database.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM alias WHERE organization = ? AND alias = ?", (organization, alias)
            )
            return deleted.rowcount > 0


class Reservation(NamedTuple):
    """The answer of a budget: what remains, or when (unix time) there is something again."""

    is_granted: bool
    remaining: int
    retry_at: float


class Invalidations:
    """The budgets of CDN invalidation: per organization and kind, over a sliding hour."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, organization: str, kind: str, *, limit: int, now: float) -> Reservation:
        """Spend one of ``limit`` per hour; ``now`` is unix time."""
        with self._database.transaction() as connection:
            # What lies ahead was spent by a clock that was moved back since.
            connection.execute(
                "DELETE FROM invalidation WHERE at <= ? OR at > ?", (now - HOUR, now)
            )
            times = [
                row["at"]
                for row in connection.execute(
                    "SELECT at FROM invalidation WHERE organization = ? AND kind = ? ORDER BY at",
                    (organization, kind),
                )
            ]
            if len(times) >= limit:
                return Reservation(False, 0, times[0] + HOUR)
            connection.execute(
                "INSERT INTO invalidation (organization, kind, at) VALUES (?, ?, ?)",
                (organization, kind, now),
            )
            return Reservation(True, limit - len(times) - 1, now)

    def count(self, organization: str, kind: str, *, now: float) -> int:
        """Count what was spent in the hour up to now."""
        with self._database.connection() as connection:
            count: int = connection.execute(
                "SELECT count(*) FROM invalidation WHERE organization = ? AND kind = ? AND at > ?"
                " AND at <= ?",
                (organization, kind, now - HOUR, now),
            ).fetchone()[0]
        return count
