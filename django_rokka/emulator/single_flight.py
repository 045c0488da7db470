"""Work that several threads ask for at once and one of them does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future

__all__ = ["SingleFlight"]


class SingleFlight:
    """Let one thread do what others wait for."""

    def __init__(self) -> None:
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
            del self._running[key]
