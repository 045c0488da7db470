"""The emulator behind a real HTTP server."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, select_address_family

from django_rokka.emulator.application import Emulator
from django_rokka.emulator.control import Traffic
from django_rokka.emulator.files.journeys import end_journeys
from django_rokka.emulator.http.connections import ConnectionHandler

if sys.platform != "win32":
    import resource

__all__ = ["EmulatorServer"]

_IDLE_SECONDS = 15
_PATIENCE = 8
"""Seconds that requests get to come to their end when the server closes."""
_LAST_SECONDS = 2
"""How long all together may take to notice that their connections are gone."""
_FEW_FILES = frozenset({errno.EMFILE, errno.ENFILE})
_PAUSE = 0.1
_MAX_CONNECTIONS = 1000

_LINGER = struct.Struct("ii")
"""The option SO_LINGER: whether it is on, and for how many seconds."""


class EmulatorServer:
    """Serve an emulator in threads, as a context manager.

    Port 0 takes a free one. Raise ``OSError`` with a remedy when the port is taken. Connections
    stay open until their client closes them, or asks for nothing during ``idle_timeout`` seconds.
    """

    def __init__(
        self,
        emulator: Emulator,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        idle_timeout: float = _IDLE_SECONDS,
    ) -> None:
        self.emulator = emulator
        self._server = _make_server(emulator, host=host, port=port, idle_timeout=idle_timeout)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> EmulatorServer:
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            name="rokka-emulator",
            daemon=True,
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def api_host(self) -> str:
        """The base of API URLs."""
        host, port = self._server.socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def render_host(self) -> str:
        """The base of render URLs, with ``{organization}`` filled in."""
        return f"{self.api_host}/render/{self.emulator.organization}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return ipaddress.ip_address(self._server.socket.getsockname()[0]).is_loopback

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        return self._server.accepted

    def close(self) -> None:
        """Stop serving, wait for requests that are being answered, and close the emulator."""
        if self._thread is not None:
            self._server.stop()
            self._thread.join()
            self._thread = None
        self._server.end_connections(self.emulator.faults.wake)
        self._server.server_close()
        self.emulator.close()


class _Server(ThreadedWSGIServer):
    """A server that knows its connections, so that none outlives it."""

    def __init__(
        self, *arguments: Any, idle_timeout: float, traffic: Traffic, **options: Any
    ) -> None:
        self.idle_timeout = idle_timeout
        self._traffic = traffic
        self.accepted = 0
        self._threads_and_connections: dict[threading.Thread, socket.socket] = {}
        self._idle: set[socket.socket] = set()
        self._is_closing = False
        self._room = threading.BoundedSemaphore(_count_connections())
        self._lock = threading.Lock()
        super().__init__(*arguments, **options)

    def stop(self) -> None:
        """End the loop that accepts connections at once: one more of them wakes it."""
        ending = threading.Thread(target=self.shutdown, name="rokka-emulator-ending")
        ending.start()
        # Where that cannot be, the loop ends when it looks by itself.
        with suppress(OSError):
            socket.create_connection(self.socket.getsockname()[:2], timeout=1).close()
        ending.join()

    def get_request(self) -> Any:
        """Accept a connection, when there is room for it; others wait in the system's queue."""
        if not self._room.acquire(timeout=_PAUSE):
            raise OSError(f"All {_MAX_CONNECTIONS} connections are in use.")
        try:
            return super().get_request()
        except OSError as error:
            self._room.release()
            if error.errno in _FEW_FILES:
                # The connection stays in the queue: without a pause this would come again at once.
                time.sleep(_PAUSE)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="rokka-emulator-connection",
            daemon=True,
        )
        with self._lock:
            self.accepted += 1
            self._threads_and_connections = {
                thread: connection
                for thread, connection in self._threads_and_connections.items()
                if thread.is_alive()
            }
            try:
                thread.start()
            except RuntimeError:
                # The system has no more threads.
                self._room.release()
                raise
            self._threads_and_connections[thread] = request

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        self._traffic.open_connection()
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._traffic.close_connection()
            self._room.release()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; one that is to be reset must not say before that it ends."""
        option = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.size)
        is_on, seconds = _LINGER.unpack(option)
        if is_on and not seconds:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def enter(self, connection: socket.socket) -> bool:
        """Note that a connection waits for its next request; refuse it when closing."""
        with self._lock:
            if not self._is_closing:
                self._idle.add(connection)
            return not self._is_closing

    def leave(self, connection: socket.socket) -> None:
        """Note that a connection is being answered."""
        with self._lock:
            self._idle.discard(connection)

    def end_connections(self, wake: Callable[[], None]) -> None:
        """End what is idle at once, and what is not when it is answered or patience is over."""
        with self._lock:
            self._is_closing = True
            _shut_down(self._idle)
            waiting = dict(self._threads_and_connections)
        end_journeys(waiting, reason="the emulator is closing")
        end = time.monotonic() + _PATIENCE
        while waiting and time.monotonic() < end:
            wake()
            next(iter(waiting)).join(0.05)
            waiting = {thread: it for thread, it in waiting.items() if thread.is_alive()}
        _shut_down(waiting.values())
        end = time.monotonic() + _LAST_SECONDS
        for thread in waiting:
            thread.join(max(end - time.monotonic(), 0))


def _count_connections() -> int:
    """Leave half of the files that a process may open to the requests themselves."""
    if sys.platform == "win32":
        return _MAX_CONNECTIONS
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MAX_CONNECTIONS if allowed < 0 else max(min(allowed // 2, _MAX_CONNECTIONS), 1)


def _shut_down(connections: Iterable[socket.socket]) -> None:
    for connection in connections:
        # The client was faster.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _make_server(emulator: Emulator, *, host: str, port: int, idle_timeout: float) -> _Server:
    family = select_address_family(host, port)
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        code = error.errno or 0
        is_of_port = code in {errno.EADDRINUSE, errno.EACCES}
        # What Python says names the address again; the system has no words for names.
        reason = os.strerror(code) if code > 0 else error.strerror
        remedy = "another port, or 0 for a free one" if is_of_port else "an address of this machine"
        raise OSError(
            code, f"Cannot listen on {host}:{port} ({reason}). Choose {remedy}."
        ) from error
    with listener:
        # werkzeug works on a duplicate of this descriptor.
        return _Server(
            host,
            port,
            emulator,
            ConnectionHandler,
            fd=listener.fileno(),
            idle_timeout=idle_timeout,
            traffic=emulator.traffic,
        )
