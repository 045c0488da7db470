"""The pools of open connections: one per thread and process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from requests import PreparedRequest, Session
    from requests.adapters import BaseAdapter

__all__ = ["Connections"]


class Connections:
    """Keep-alive sessions of requests.

    A session of requests is not safe to share among threads, and after a fork parent and child
    would write to the same socket, so each thread of each process has its own.
    ``adapter`` carries all requests where it is given, instead of the network.
    """

    def __init__(
        self,
        *,
        authenticate: Callable[[PreparedRequest], PreparedRequest],
        adapter: BaseAdapter | None = None,
    ) -> None:
        self._authenticate = authenticate
        self._adapter = adapter
        self._start()

    def get_session(self) -> Session:
        """Return this thread's session."""
        if self._pid != os.getpid():
            self._start()
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._make_session()
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
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._local = threading.local()
        self._sessions: WeakSet[Session] = WeakSet()  # weak: a thread takes its own along

    def _make_session(self) -> Session:
        import requests

        session = requests.Session()
        # With credentials of its own requests does not look into ~/.netrc.
        session.auth = self._authenticate
        if self._adapter is not None:
            session.mount("https://", self._adapter)
            session.mount("http://", self._adapter)
        return session
