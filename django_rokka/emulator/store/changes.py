"""Whether anything in the SQLite file has changed."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from pathlib import Path

__all__ = ["ChangeWatch"]


class ChangeWatch:
    """A connection that only looks on.

    SQLite tells each connection of what others committed, be they of this process or another.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connections: list[sqlite3.Connection] = []
        self._process = os.getpid()
        self._opened = 0
        self._lock = threading.Lock()
        self._finalizer = weakref.finalize(self, _close_all, self._connections)

    def version(self) -> tuple[int, int, int]:
        """Return a value that is another one as soon as a change is committed."""
        with self._lock:
            if self._process != os.getpid():
                # SQLite forbids to use, or even to close, what a fork inherited.
                self._finalizer.detach()
                self._inherited = self._connections
                self._connections = []
                self._process = os.getpid()
                self._finalizer = weakref.finalize(self, _close_all, self._connections)
            if not self._connections:
                # The numbers of two connections have nothing to do with each other.
                self._opened += 1
                self._connections.append(
                    sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
                )
            (number,) = self._connections[0].execute("PRAGMA data_version").fetchone()
            return self._process, self._opened, number

    def close(self) -> None:
        """Close the connection; the next question opens another one."""
        with self._lock:
            _close_all(self._connections)


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
