"""Rows of second factors: one secret per user, which all of their keys share."""

from __future__ import annotations

import json
from enum import Enum
from typing import NamedTuple

from django_rokka.emulator.access.one_time_passwords import find_step, make_secret
from django_rokka.emulator.store.database import Database

__all__ = ["CodeCheck", "SecondFactor", "SecondFactors"]

_MAX_FAILURES = 5
_FORGIVEN_AFTER = 300
"""Seconds after which wrong codes count no more."""


class CodeCheck(Enum):
    """What became of a code."""

    GOOD = "good"
    WRONG = "wrong, or used before"
    TOO_MANY = "not looked at: too many were wrong"


class SecondFactor(NamedTuple):
    """The secret of a user, and since when it counts."""

    secret: str
    confirmed: str | None

    @property
    def state(self) -> str:
        """Rokka's word: ``pending`` until the first code came, then ``active``."""
        return "active" if self.confirmed else "pending"


class SecondFactors:
    """The second factors of all users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, user_id: str) -> SecondFactor | None:
        """Return the factor of a user."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT secret, confirmed FROM second_factor WHERE user_id = ?", (user_id,)
            ).fetchone()
        return SecondFactor(*row) if row else None

    def begin(self, user_id: str) -> SecondFactor | None:
        """Store a new secret in the place of one that was never confirmed; ``None`` if it was.

        Wrong codes go on counting: who begins anew has no more tries.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO second_factor (user_id, secret, failures) VALUES (?, ?, '[]')"
                " ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret"
                " WHERE confirmed IS NULL",
                (user_id, make_secret()),
            )
            found = self.find(user_id)
        return None if found is None or found.confirmed else found

    def confirm(self, user_id: str, *, date: str) -> None:
        """Let a factor count; the code that showed it is still good for one token."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE second_factor SET confirmed = ?, last_step = NULL WHERE user_id = ?",
                (date, user_id),
            )

    def delete(self, user_id: str) -> None:
        """Forget a factor."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM second_factor WHERE user_id = ?", (user_id,))

    def check(self, user_id: str, code: str, *, now: float) -> CodeCheck:
        """Check a code, which is good once; wrong ones are counted for all keys together."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM second_factor WHERE user_id = ?", (user_id,)
            ).fetchone()
            if row is None:
                return CodeCheck.WRONG
            failures = [at for at in json.loads(row["failures"]) if at > now - _FORGIVEN_AFTER]
            if len(failures) >= _MAX_FAILURES:
                return CodeCheck.TOO_MANY
            step = find_step(row["secret"], code, now=now)
            is_good = step is not None and (row["last_step"] is None or step > row["last_step"])
            connection.execute(
                "UPDATE second_factor SET failures = ?, last_step = ? WHERE user_id = ?",
                (
                    json.dumps([] if is_good else [*failures, now]),
                    step if is_good else row["last_step"],
                    user_id,
                ),
            )
            return CodeCheck.GOOD if is_good else CodeCheck.WRONG
