"""The emulator behind a real HTTP server."""

from __future__ import annotations

import socket
import struct
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

from werkzeug.serving import (
    BaseWSGIServer,
    WSGIRequestHandler,
    make_server,
    select_address_family,
)

from django_rokka.emulator.application import Emulator

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["EmulatorServer"]


class EmulatorServer:
    """Serve an emulator in threads, as a context manager.

    Port 0 takes a free one. Raise ``OSError`` with a remedy when the port is taken.
    """

    def __init__(self, emulator: Emulator, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.emulator = emulator
        self._server = _make_server(emulator, host=host, port=port)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> EmulatorServer:
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
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

    def close(self) -> None:
        """Stop serving, wait for requests that are being answered, and close the emulator."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self.emulator.close()


class _Handler(WSGIRequestHandler):
    """A handler that keeps quiet: paths carry signatures, which belong into no log."""

    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """End a broken connection: the rest of its body must not be read as another request."""
        self.close_connection = True
        # Reset it, so that a client which is still sending notices at once.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log(self, type: str, message: str, *args: Any) -> None:
        """Pass on what is wrong with the server only, without the request's path."""
        if type == "error":
            super().log(type, "A connection was dropped or a request failed.")


def _make_server(emulator: Emulator, *, host: str, port: int) -> BaseWSGIServer:
    family = select_address_family(host, port)
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise OSError(
            error.errno,
            f"Cannot listen on {host}:{port} ({error.strerror}). Choose another port, or 0 for"
            " a free one.",
        ) from error
    with listener:
        # werkzeug works on a duplicate of this descriptor.
        return make_server(
            host, port, emulator, threaded=True, request_handler=_Handler, fd=listener.fileno()
        )
