"""The pools of open connections: one per thread and process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from requests import Session

__all__ = ["Connections"]


class Connections:
    """Keep-alive sessions of requests.

    A session of requests is not safe to share among threads, and after a fork parent and child
    would write to the same socket, so each thread of each process has its own.
    ``make_session`` is what makes them, that of ``transport`` where it is ``None``.
    """

    def __init__(self, make_session: Callable[[], Session] | None = None) -> None:
        self._make_session = make_session
        self._start()

    def get_session(self) -> Session:
        """Return this thread's session."""
        if self._pid != os.getpid():
            self._start()
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._open_session()
            with self._lock:
                self._sessions.add(session)
        return session

    def close(self) -> None:
        """Close the connections of all threads; the next request opens new ones."""
        with self._lock:
            sessions = list(self._sessions)
            self._sessions.clear()
        self._local = threading.local()
        for session in sessions:
            session.close()

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._local = threading.local()
        self._sessions: WeakSet[Session] = WeakSet()  # weak: a thread takes its own along
        self._pid = os.getpid()  # last: another thread of a child looks at it first

    def _open_session(self) -> Session:
        from django_rokka.client.transport import ignore_redirects, make_session

        session = (self._make_session or make_session)()
        ignore_redirects(session)
        return session
