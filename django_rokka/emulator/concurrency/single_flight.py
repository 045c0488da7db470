"""Work that several threads ask for at once and one of them does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future

from django_rokka.emulator.concurrency.forks import renew_after_fork

__all__ = ["SingleFlight"]


class SingleFlight:
    """Let one thread do what others wait for."""

    def __init__(self) -> None:
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Forget what is done by threads that a process which was forked does not have."""
        self._running: dict[Hashable, Future[None]] = {}
        self._lock = threading.Lock()

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """Do the work, or wait for the thread that does it; all get the error it ends with."""
        with self._lock:
            running = self._running.get(key)
            ours: Future[None] = self._running.setdefault(key, Future())
        if running is not None:
            running.result()
            return
        try:
            work()
        except BaseException as error:
            self._leave(key)
            ours.set_exception(error)
            raise
        self._leave(key)
        ours.set_result(None)

    def _leave(self, key: Hashable) -> None:
        with self._lock:
            self._running.pop(key, None)
