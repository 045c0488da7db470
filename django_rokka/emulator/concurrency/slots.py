"""Turns for work that takes so much memory that only some of it may go on at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import ServiceUnavailable

from django_rokka.emulator.concurrency.forks import renew_after_fork

__all__ = ["Slots"]

_RETRY_AFTER = 1


class Slots:
    """As many turns at once as there are slots; who waits too long is sent away with 503."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Have every slot free again, as it is for a process that was forked."""
        self._free = threading.BoundedSemaphore(self._count)

    @contextmanager
    def take(self, *, seconds: float) -> Iterator[None]:
        """Wait for a slot, and hold it."""
        free = self._free
        if not free.acquire(timeout=seconds):
            raise ServiceUnavailable(
                f"Within {seconds:g} seconds none of the {self._count} renders at work was done."
                " Ask again later, or raise the setting render_seconds.",
                retry_after=_RETRY_AFTER,
            )
        try:
            yield
        finally:
            free.release()
