"""A clock that can be moved, so that budgets, tokens and deletions need not be waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

__all__ = ["MovableClock"]

_FIRST = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST = datetime(3000, 1, 1, tzinfo=timezone.utc)


class MovableClock:
    """The time of a base clock, and what it was moved by; from there it goes on.

    It is moved in this process only: others on the same root keep their time.
    """

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._offset = timedelta(0)
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """Return the time, as every clock does."""
        return self._base() + self._offset

    def now(self) -> datetime:
        """Return the time, aware of its zone."""
        return self()

    def advance(self, seconds: float) -> None:
        """Move the clock on, or back by a negative number."""
        with self._lock:
            try:
                moved = self() + timedelta(seconds=seconds)
            except OverflowError as error:
                raise ValueError(f"{seconds} seconds are too many for a date.") from error
            self._move(moved)

    def set(self, moment: datetime) -> None:
        """Set the clock to a date that is aware of its zone."""
        with self._lock:
            self._move(moment)

    def reset(self) -> None:
        """Show the time of the base clock again."""
        with self._lock:
            self._offset = timedelta(0)

    def as_json(self) -> dict[str, Any]:
        """Tell the time, and by how many seconds it was moved."""
        now = self().astimezone(timezone.utc)
        return {"now": now.isoformat(), "moved_by": self._offset.total_seconds()}

    def _move(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError(
                f"{moment.isoformat()} has no time zone, must end in one, like +00:00."
            )
        if not _FIRST <= moment < _LAST:
            raise ValueError(f"{moment.isoformat()} is no date from 1970 to 2999.")
        self._offset = moment - self._base()
