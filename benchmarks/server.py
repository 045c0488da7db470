"""A server that throws uploads away as fast as Python can, and answers like rokka.

The path says what to answer: ``/{sha1}/{milliseconds}/...`` is answered after that time with a
source image whose binary hash is that SHA-1, so that the server need not hash what it gets.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from threading import Thread
from typing import Any

__all__ = ["serving"]

_BLOCK_SIZE = 1024 * 1024
_IMAGE = {
    "hash": "063c3dce6a528d8944a63185bd4c7b161454ee4f",
    "short_hash": "063c3d",
    "created": "2019-12-10T11:13:24+00:00",
    "name": "picture.jpg",
    "mimetype": "image/jpeg",
    "format": "jpg",
    "size": 1202,
    "width": 104,
    "height": 97,
    "organization": "acme",
    "link": "/sourceimages/acme/063c3dce6a528d8944a63185bd4c7b161454ee4f",
    "protected": False,
    "locked": False,
    "opaque": False,
}


@contextmanager
def serving() -> Iterator[str]:
    """Serve in a process of its own and give the URL."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=[theirs], daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


def _serve(pipe: Any) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        pipe.send(listener.getsockname()[1])
        while True:
            connection, _ = listener.accept()
            Thread(target=_answer_all, args=[connection], daemon=True).start()


def _answer_all(connection: socket.socket) -> None:
    """Answer the requests of a connection until the client closes it."""
    buffer = bytearray(_BLOCK_SIZE)
    view = memoryview(buffer)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        while (head := _read_head(connection)) is not None:
            path, left = head
            while left and (size := connection.recv_into(view, min(left, _BLOCK_SIZE))):
                left -= size
            connection.sendall(_write_answer(path))


def _read_head(connection: socket.socket) -> tuple[str, int] | None:
    """Return the path and how much of the body is still to come, ``None`` at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            block = connection.recv(65536)
        except ConnectionResetError:
            return None
        if not block:
            return None
        data += block
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    return first.split()[1], int(headers["content-length"]) - len(rest)


def _write_answer(path: str) -> bytes:
    _, sha1, milliseconds, *_ = path.split("/")
    time.sleep(int(milliseconds) / 1000)
    body = json.dumps({"total": 1, "items": [{**_IMAGE, "binary_hash": sha1}]}).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    return f"{head}{len(body)}\r\n\r\n".encode() + body
