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
    """One answer. ``missing`` bytes are announced and never sent; ``is_reset`` breaks off."""

    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    missing: int = 0
    is_reset: bool = False
    reads_body: bool = True

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


class ScriptedServer(ThreadingMixIn, HTTPServer):
    """Give the replies in their order; what is asked beyond them is a 500."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: deque[Reply] = deque()
        self.received: list[Received] = []

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
            self.shutdown()
            thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer
    protocol_version = "HTTP/1.1"
    timeout = 10

    def answer(self) -> None:
        script = self.server.replies
        reply = script.popleft() if script else Reply(status=500, body=b"beyond the script")
        length = int(self.headers.get("Content-Length", 0))
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
        time.sleep(reply.delay)
        if reply.is_reset:
            self.reset()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.content) + reply.missing))
        self.end_headers()
        self.wfile.write(reply.content)
        self.close_connection |= bool(reply.missing) or not reply.reads_body

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

    def reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # closing sends a reset
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing to the terminal."""
