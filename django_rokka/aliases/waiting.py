"""How long a request waits for a rokka that fails or is slow."""

from __future__ import annotations

import threading
import time

__all__ = ["DEADLINE", "patience"]

DEADLINE = 10.0
"""Seconds that work may take which holds up a request."""

_REST = 30.0
"""Seconds for which a thread that has lost too many waits for rokka no more."""

_QUICK = 1.0


class _Patience(threading.local):
    """The seconds that a thread, which may be that of a request, has lost to slow work."""

    _lost = 0.0
    _ended = 0.0

    @property
    def is_over(self) -> bool:
        """Whether work that can wait is to be left to others."""
        return self._lost >= DEADLINE and time.monotonic() - self._ended < _REST

    def note(self, seconds: float, *, has_failed: bool = False) -> None:
        """Note how long something took; what is done quickly makes up for all before."""
        is_slow = has_failed or seconds >= _QUICK
        has_rested = time.monotonic() - self._ended >= _REST
        lost = self._lost if is_slow and not has_rested else 0.0
        self._lost = lost + (seconds if is_slow else 0.0)
        self._ended = time.monotonic()


patience = _Patience()
