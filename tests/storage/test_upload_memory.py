"""An upload through Django takes the same memory whatever its size."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.client.samples import RECORDED

MEGABYTE = 1024 * 1024
BLOCK = 64 * 1024

UPLOAD = """
import sys
from pathlib import Path
from django.conf import settings
settings.configure()
from django.core.files import File
from django_rokka.storage import RokkaStorage

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def save(path):
    with open(path, "rb") as opened:
        storage.save("a picture.jpg", File(opened))

storage = RokkaStorage(organization="acme", api_key="key", api_host=sys.argv[1])
save(sys.argv[2])
before = peak()
save(sys.argv[3])
storage.client.close()
print(peak() - before)
"""


class Receiver(BaseHTTPRequestHandler):
    """Read an upload without keeping it; answer with the checksum that comes next."""

    protocol_version = "HTTP/1.1"
    checksums: Iterator[str]
    received: list[int]

    def do_POST(self) -> None:
        left = length = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, BLOCK)))
        self.received.append(length)
        body = json.dumps({"items": [{**RECORDED, "binary_hash": next(self.checksums)}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing to the terminal."""


@contextmanager
def receive(*paths: Path) -> Iterator[ThreadingHTTPServer]:
    Receiver.received = []
    Receiver.checksums = iter([checksum(path) for path in paths])
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def checksum(path: Path) -> str:
    digest = sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("size", [300, pytest.param(1150, marks=pytest.mark.soak)])
def test_save__of_a_large_file_takes_less_than_8_mb_of_memory(tmp_path: Path, size: int) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x" * MEGABYTE)
    with large.open("wb") as sparse:
        sparse.truncate(size * MEGABYTE)
    with receive(small, large) as server:
        host = f"http://127.0.0.1:{server.server_port}"
        done = subprocess.run(
            [sys.executable, "-c", UPLOAD, host, small, large],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert done.stderr == ""
    assert Receiver.received[1] > size * MEGABYTE
    assert int(done.stdout) * 1024 < 8 * MEGABYTE
