"""An HTTP server that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. ``missing`` bytes are announced and never sent; ``is_reset`` breaks off.

    What ``is_reset`` and has ``missing`` bytes breaks off after the others. With ``reads_half``
    the second half of the request's body stays unread; ``reads_after`` seconds it is read.
    ``chunks`` are sent as such, without a length.
    """

    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    missing: int = 0
    is_reset: bool = False
    reads_body: bool = True
    reads_half: bool = False
    reads_after: float = 0
    chunks: tuple[bytes, ...] = ()

    @property
    def content(self) -> bytes:
        return self.body if self.json is None else json.dumps(self.json).encode()


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request, as it came in. ``port`` tells one connection from another."""

    method: str
    target: str
    headers: Message
    body: bytes
    port: int

    @property
    def line(self) -> tuple[str, str]:
        return self.method, self.target

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedServer(ThreadingMixIn, HTTPServer):
    """Give the replies in their order; what is asked beyond them is a 500.

    ``open_ports`` are those of the clients that have not closed their connections.
    """

    daemon_threads = False

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.is_stopping = threading.Event()
        self.replies: deque[Reply] = deque()
        self.received: list[Received] = []
        self.open_ports: set[int] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def reply(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: a client that goes away is part of these tests."""

    @contextmanager
    def serving(self) -> Iterator[ScriptedServer]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.is_stopping.set()
            self.shutdown()
            thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer on an open connection waits for 40 ms
    timeout = 10

    def setup(self) -> None:
        self.server.open_ports.add(self.client_address[1])
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.server.open_ports.discard(self.client_address[1])

    def answer(self) -> None:
        script = self.server.replies
        reply = script.popleft() if script else Reply(status=500, body=b"beyond the script")
        length = int(self.headers.get("Content-Length", 0)) // (2 if reply.reads_half else 1)
        self.server.is_stopping.wait(reply.reads_after)
        body = self.rfile.read(length) if reply.reads_body else b""
        self.server.received.append(
            Received(
                method=self.command,
                target=self.path,
                headers=self.headers,
                body=body,
                port=self.client_address[1],
            )
        )
        self.server.is_stopping.wait(reply.delay)
        if reply.is_reset and not reply.missing:
            self.reset()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunks:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.status != 204:
            self.send_header("Content-Length", str(len(reply.content) + reply.missing))
        self.end_headers()
        for chunk in (*reply.chunks, b"") if reply.chunks else ():
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(reply.content)
        if reply.is_reset:
            time.sleep(0.01)  # what is under way when a connection is reset never arrives
            self.reset()
        self.close_connection |= bool(reply.missing) or not reply.reads_body

    # The names are http.server's.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_COPY = answer  # noqa: N815

    def reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # closing sends a reset
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing to the terminal."""
