"""HTTP/1.1 with connections that stay open, around werkzeug's WSGI environment."""

from __future__ import annotations

import io
import re
import socket
import struct
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from werkzeug.exceptions import BadRequest, InternalServerError
from werkzeug.serving import DechunkedInput, WSGIRequestHandler

from django_rokka.emulator.errors import error_response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["ConnectionHandler", "WaitingRoom"]

MAX_DRAIN = 1024 * 1024
"""Bytes of an unread body that are read away, so that its connection can go on."""

_DRAIN_SECONDS = 2
_STALL_SECONDS = 60
"""How long a client may pause in the middle of a request or of an answer."""

_LINGER_SECONDS = 30
_BLOCK = 64 * 1024
_MAX_LINE = 65_536
_MAX_DIGITS = 18
_NO_BODY = frozenset({204, 304})
_ODD_LINES = (FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect)
_FRAMING = ("Content-Length", "Transfer-Encoding")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK = re.compile(rb"(?P<size>[0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


class WaitingRoom(Protocol):
    """What keeps the connections that wait for their next request, and may end them."""

    idle_timeout: float

    def enter(self, connection: socket.socket) -> bool:
        """Take a connection; refuse it when the server is closing."""

    def leave(self, connection: socket.socket) -> None:
        """Let a connection go on."""


class ConnectionHandler(WSGIRequestHandler):
    """One connection and its requests, one after the other.

    It keeps quiet: paths carry signatures, which belong into no log.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and first block of an answer leave in one piece.
    wbufsize = _BLOCK

    def handle_one_request(self) -> None:
        """Wait for a request and answer it, or end a connection that stays idle."""
        self.close_connection = True
        room = self._room
        if not room.enter(self.connection):
            return
        try:
            self.connection.settimeout(room.idle_timeout)
            self.raw_requestline = self.rfile.readline(_MAX_LINE + 1)
            self.connection.settimeout(_STALL_SECONDS)
            is_request = self._read_head()
        except TimeoutError:
            return
        finally:
            room.leave(self.connection)
        if is_request:
            self.run_wsgi()

    def _read_head(self) -> bool:
        """Read the rest of the head; say whether there is a request."""
        if len(self.raw_requestline) > _MAX_LINE:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
            return False
        return bool(self.raw_requestline) and self.parse_request()

    def finish(self) -> None:
        """Close both ends, also when the client took nothing of the rest."""
        with suppress(OSError):
            self.wfile.close()
        self.rfile.close()

    def handle_expect_100(self) -> bool:
        """Wait until the body is read: what is refused without it need not be sent."""
        return True

    def run_wsgi(self) -> None:
        """Answer one request."""
        encoding = self.headers.get("Transfer-Encoding", "").strip().lower()
        length = self._read_length()
        if length is None or encoding not in {"", "chunked"}:
            self.send_error(400, "The length of the body is not clear.")
            return
        if "close" in self._connection_tokens() or (encoding and "Content-Length" in self.headers):
            self.close_connection = True
        try:
            environ = self.make_environ()
        except ValueError:
            self.send_error(400, "The target of the request is no URL.")
            return
        body = _Body(
            _Chunks(cast("IO[bytes]", self.rfile)) if encoding else self.rfile,
            length=None if encoding else length,
            before_reading=self._continue if self._is_expecting() else None,
        )
        environ["wsgi.input"] = body
        self.environ = environ
        answer = _Answer(self, body)
        try:
            self._run(environ, answer)
        except (ConnectionError, TimeoutError) as error:
            self.connection_dropped(error, environ)
        except Exception as error:  # noqa: BLE001, the server goes on, whatever it was
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{frame.filename}:{frame.lineno}"
            # Not the message, which may quote the request.
            super().log("error", f"A request failed: {type(error).__name__} at {place}.")
            self._fail(environ, answer)

    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """End a broken connection: the rest of its body must not be read as another request."""
        self.close_connection = True
        if isinstance(error, ConnectionAbortedError):
            # Asked for by a fault: the end of the connection is the end of the answer.
            return
        # Reset it, so that a client which is still sending notices at once.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet; werkzeug would also stumble over a path that is no URL."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Pass on what is wrong with the server only, without the request's path."""
        if type == "error":
            super().log(type, "A connection was dropped.")

    def _run(self, environ: WSGIEnvironment, answer: _Answer) -> None:
        blocks: Iterable[bytes] = self.server.app(environ, answer.start)
        try:
            for block in blocks:
                answer.write(block)
            answer.finish()
        finally:
            close = getattr(blocks, "close", None)
            if close is not None:
                close()
        if not answer.body.is_over:
            self.close_connection = True
            self._linger()

    def _fail(self, environ: WSGIEnvironment, answer: _Answer) -> None:
        self.close_connection = True
        if answer.is_begun:
            return
        with suppress(ConnectionError, TimeoutError):
            again = _Answer(self, answer.body)
            for block in error_response(InternalServerError())(environ, again.start):
                again.write(block)
            again.finish()

    def _linger(self) -> None:
        """Read on for a while: a socket that is closed with unread bytes loses its answer."""
        if not self._room.enter(self.connection):
            return
        end = time.monotonic() + _LINGER_SECONDS
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_DRAIN_SECONDS)
            while self.connection.recv(_BLOCK) and time.monotonic() < end:
                pass
        self._room.leave(self.connection)

    def _read_length(self) -> int | None:
        """Read the length of the body; ``None`` when others could read another one."""
        headers = self.headers
        is_odd = any(isinstance(defect, _ODD_LINES) for defect in headers.defects)
        if is_odd or not all(_HEADER_NAME.fullmatch(name) for name in headers):
            return None
        if any(len(headers.get_all(name, ())) > 1 for name in _FRAMING):
            return None
        length = headers.get("Content-Length", "0").strip()
        is_number = length.isascii() and length.isdigit() and len(length) <= _MAX_DIGITS
        return int(length) if is_number else None

    @property
    def _room(self) -> WaitingRoom:
        return cast("WaitingRoom", self.server)

    def _continue(self) -> None:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.flush()

    def _is_expecting(self) -> bool:
        expected = self.headers.get("Expect", "").strip().lower()
        return expected == "100-continue" and self.request_version >= "HTTP/1.1"

    def _connection_tokens(self) -> set[str]:
        return {token.strip().lower() for token in self.headers.get("Connection", "").split(",")}


class _Chunks(DechunkedInput):
    """A body in chunks, whose sizes are hexadecimal digits and nothing that looks like them."""

    def read_chunk_len(self) -> int:
        """Read the size of the next chunk; extensions after it mean nothing here."""
        line = self._rfile.readline(_MAX_LINE)
        if not line:
            raise ConnectionResetError("The body of the request ended too early.")
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise BadRequest(f"{line[:20]!r} is no size of a chunk. Send hexadecimal digits.")
        return int(found["size"], 16)


class _Body(io.RawIOBase):
    """The body of a request, which knows whether it was read to its end."""

    def __init__(
        self, source: Any, *, length: int | None, before_reading: Callable[[], None] | None
    ) -> None:
        self._source = source
        self._left = length
        self._before_reading = before_reading
        self._is_broken = False
        self.is_over = length == 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.is_over:
            return 0
        if self._before_reading is not None:
            self._before_reading()
            self._before_reading = None
        view = memoryview(buffer)[: self._left]
        try:
            count: int = self._source.readinto(view)
        except BadRequest:
            self._is_broken = True
            raise
        except (OSError, ValueError) as error:
            # Too late, gone, or chunks that are none.
            raise ConnectionResetError("The body of the request broke off.") from error
        if self._left is None:
            self.is_over = not count
        elif not count:
            raise ConnectionResetError("The body of the request ended too early.")
        else:
            self._left -= count
            self.is_over = not self._left
        return count

    def drain(self, connection: socket.socket) -> None:
        """Read away a rest that is small and comes soon; what nobody waits for stays."""
        is_waiting = self._before_reading is not None
        if is_waiting or self._is_broken or (self._left or 0) > MAX_DRAIN:
            return
        connection.settimeout(_DRAIN_SECONDS)
        taken, buffer = 0, bytearray(_BLOCK)
        with suppress(ConnectionError, BadRequest):
            while not self.is_over and taken <= MAX_DRAIN:
                taken += self.readinto(buffer)
        connection.settimeout(_STALL_SECONDS)


class _Answer:
    """The head and the blocks of one answer, on their way to the client."""

    def __init__(self, handler: ConnectionHandler, body: _Body) -> None:
        self.body = body
        self.is_begun = False
        self._handler = handler
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._is_chunked = False
        self._has_body = True
        self._left: int | None = None

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Keep status and headers until the first block: WSGI's ``start_response``."""
        self._status, self._headers = status, headers
        return self.write

    def write(self, data: bytes) -> None:
        """Send a block, behind the head if it is the first."""
        if not self.is_begun:
            self._begin()
        if not (data and self._has_body):
            return
        if self._left is not None:
            self._left -= len(data)
        framed = b"%x\r\n%b\r\n" % (len(data), data) if self._is_chunked else data
        self._handler.wfile.write(framed)

    def finish(self) -> None:
        """End the answer; one that is not as long as it said ends its connection."""
        self.write(b"")
        if self._is_chunked:
            self._handler.wfile.write(b"0\r\n\r\n")
        self._handler.wfile.flush()
        if self._left:
            self._handler.close_connection = True

    def _begin(self) -> None:
        handler = self._handler
        self.body.drain(handler.connection)
        self.is_begun = True
        code, _, reason = self._status.partition(" ")
        handler.send_response(int(code), reason)
        for name, value in self._headers:
            handler.send_header(name, value)
        names = {name.lower(): value for name, value in self._headers}
        self._has_body = handler.command != "HEAD" and int(code) not in _NO_BODY
        if self._has_body:
            self._frame(names.get("content-length"))
        if not self.body.is_over:
            handler.close_connection = True
        if handler.close_connection:
            handler.send_header("Connection", "close")
        elif handler.request_version == "HTTP/1.0":
            handler.send_header("Connection", "keep-alive")
        handler.end_headers()

    def _frame(self, length: str | None) -> None:
        """Say where the answer ends: by its length, by chunks, or by the connection's end."""
        if length is not None:
            self._left = int(length)
        elif self._handler.request_version >= "HTTP/1.1":
            self._is_chunked = True
            self._handler.send_header("Transfer-Encoding", "chunked")
        else:
            self._handler.close_connection = True
