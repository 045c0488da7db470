"""How requests travels: with patience for uploads, and without a look at redirects.

This module imports requests, so that nothing imports it before the first call.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.poolmanager import PoolManager, ProxyManager

__all__ = ["ignore_redirects", "make_session"]


def make_session() -> requests.Session:
    """Return a session that sends slow uploads to their end."""
    session = requests.Session()
    session.mount("https://", _Adapter())
    session.mount("http://", _Adapter())
    return session


def ignore_redirects(session: requests.Session) -> None:
    """Have a session not even read redirects, which it would do whole and without a limit."""
    session.get_redirect_target = _get_no_target  # type: ignore[assignment, method-assign]  # requests' hook


def _get_no_target(_response: requests.Response) -> None:
    return None


class _PatientHTTPConnection(HTTPConnection):
    """A connection whose timeout to connect ends when it is connected.

    urllib3 would apply it to each piece that is sent too, until the answer is read.
    """

    patience: float | None = None

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(self.patience)


class _PatientHTTPSConnection(HTTPSConnection):
    """The same over TLS."""

    patience: float | None = None

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(self.patience)


class _Patience:
    """What a pool of such connections does: lends them the timeout to read of each request."""

    patience: float | None = None

    def urlopen(self, *args: Any, **options: Any) -> Any:
        self.patience = options["timeout"].read_timeout
        return super().urlopen(*args, **options)  # type: ignore[misc]  # a pool is the next base

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]  # as above
        connection.patience = self.patience
        return connection


class _HTTPPool(_Patience, HTTPConnectionPool):
    ConnectionCls = _PatientHTTPConnection


class _HTTPSPool(_Patience, HTTPSConnectionPool):
    ConnectionCls = _PatientHTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _use_patient_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*args, **options)
        _use_patient_pools(manager)
        return manager


def _use_patient_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
