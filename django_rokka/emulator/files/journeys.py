"""Connections to other sites: to addresses that may be asked, and no longer than a deadline."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, Request

from django_rokka.emulator.access.ip_addresses import is_public_address, is_public_host

__all__ = ["Journey", "PrivateAddress", "end_journeys", "handlers"]

_TIMEOUT = 20
"""Seconds without a byte."""

_underway: set[Journey] = set()
_lock = threading.Lock()


class PrivateAddress(ValueError):
    """A host is in a private network."""


class Journey:
    """All connections of one fetch; their common end comes with a deadline, or with a word."""

    def __init__(self, deadline: float) -> None:
        self.may_be_private = False
        self.end_reason = ""
        """Why it was ended, while it was underway."""
        self._thread = threading.current_thread()
        self._end = time.monotonic() + deadline
        self._handle: socket.socket | None = None
        self._lock = threading.Lock()
        reason = f"it takes more than {deadline} seconds"
        self._timer = threading.Timer(max(deadline, 0), self.end, [reason])
        self._timer.daemon = True
        if deadline <= 0:
            self.end_reason = reason

    def __enter__(self) -> Journey:
        with _lock:
            _underway.add(self)
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with _lock:
            _underway.discard(self)
        self._hold(None)

    @property
    def seconds(self) -> float:
        """How long to wait for the next byte."""
        return max(min(_TIMEOUT, self._end - time.monotonic()), 0.001)

    def is_of(self, threads: Collection[threading.Thread]) -> bool:
        """Say whether one of these threads is on it."""
        return self._thread in threads

    def end(self, reason: str) -> None:
        """End the connection, in whatever it is waiting for."""
        with self._lock:
            self.end_reason = self.end_reason or reason
            if self._handle is not None:
                # The other side was faster.
                with suppress(OSError):
                    self._handle.shutdown(socket.SHUT_RDWR)

    def dial(self, address: tuple[str, int], *_: Any, is_proxy: bool = False) -> socket.socket:
        """Connect to an address that was looked up once: what is checked is what is asked."""
        host, port = address
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if not (is_proxy or self.may_be_private):
            _require_public(host, [str(item[4][0]) for item in found])
        failure: OSError = OSError(f"{host!r} has no address")
        for family, kind, protocol, _name, place in found:
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(self.seconds)
                self._hold(connection)
                connection.connect(place)
            except OSError as error:
                connection.close()
                failure = error
            else:
                return connection
        raise failure

    def check_behind_proxy(self, host: str) -> None:
        """Refuse what is known to be private; names that are unknown here are the proxy's."""
        if self.may_be_private:
            return
        with suppress(OSError):
            socket.getaddrinfo(host, None)
            if not is_public_host(host):
                raise PrivateAddress(_private(host))

    def _hold(self, connection: socket.socket | None) -> None:
        """Keep a second handle of a connection, which TLS does not take away."""
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = connection.dup() if connection is not None else None
            if connection is not None and self.end_reason:
                raise TimeoutError(self.end_reason)


def end_journeys(threads: Collection[threading.Thread], *, reason: str) -> None:
    """End the fetches that these threads wait for."""
    with _lock:
        journeys = [journey for journey in _underway if journey.is_of(threads)]
    for journey in journeys:
        journey.end(reason)


def handlers(journey: Journey) -> tuple[HTTPHandler, HTTPSHandler]:
    """Return what opens a journey's URLs."""
    return _PlainHandler(journey), _SecureHandler(journey)


class _Plain(http.client.HTTPConnection):
    def __init__(self, host: str, *, dial: Any, **options: Any) -> None:
        super().__init__(host, **options)
        # Where the class itself connects, before tunnels and TLS.
        self._create_connection = dial


class _Secure(http.client.HTTPSConnection):
    def __init__(self, host: str, *, dial: Any, **options: Any) -> None:
        super().__init__(host, **options)
        self._create_connection = dial


class _PlainHandler(HTTPHandler):
    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self._journey = journey

    def http_open(self, request: Request) -> http.client.HTTPResponse:
        """Open a URL without TLS."""
        return self.do_open(partial(_Plain, dial=_dialler(self._journey, request)), request)


class _SecureHandler(HTTPSHandler):
    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self._journey = journey

    def https_open(self, request: Request) -> http.client.HTTPResponse:
        """Open a URL with TLS, for the name that the URL has."""
        return self.do_open(partial(_Secure, dial=_dialler(self._journey, request)), request)


def _dialler(journey: Journey, request: Request) -> Any:
    parts = urlsplit(request.full_url)
    is_proxy = request.host != unquote(parts.netloc)
    if is_proxy:
        journey.check_behind_proxy(parts.hostname or "")
    return partial(journey.dial, is_proxy=is_proxy)


def _require_public(host: str, addresses: list[str]) -> None:
    if not all(is_public_address(address) for address in addresses):
        raise PrivateAddress(_private(host))


def _private(host: str) -> str:
    return (
        f"{host[:100]!r} is in a private network. Use a public address, or the key that the"
        " emulator was started with."
    )
