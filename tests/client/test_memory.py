"""Uploads and downloads take the same memory whatever their size."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.client.samples import HASH, RECORDED

MEGABYTE = 1024 * 1024
LIMIT = 8 * MEGABYTE
SIZES = [300 * MEGABYTE, pytest.param(1024 * MEGABYTE, marks=pytest.mark.soak)]

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs Linux's /proc"
)

PEAK = """
import sys
from pathlib import Path
from django_rokka.client import RokkaClient

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

host, small, large = sys.argv[1:]
with RokkaClient(organization="acme", api_key="key", api_host=host) as client:
"""

UPLOAD = """
    client.source_images.create(Path(small), name="small.jpg")
    before = peak()
    client.source_images.create(Path(large), name="large.jpg")
    print((peak() - before) * 1024)
"""

DOWNLOAD = f"""
    hash = "{HASH}"
    with client.source_images.download(hash, organization="small") as download:
        download.write_to(small)
    before = peak()
    with client.source_images.download(hash, organization="large") as download:
        download.write_to(large)
    print((peak() - before) * 1024)
"""


class Server(ThreadingHTTPServer):
    size = 0


class Handler(BaseHTTPRequestHandler):
    """Hash what comes up without keeping it, and send zeros down."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        while (line := self.rfile.readline()) != b"\r\n":
            length -= len(line)
        length -= 2 + len("\r\n----\r\n") + 32  # the blank line, and the last boundary
        digest = sha1(usedforsecurity=False)
        for size in [65536] * (length // 65536) + [length % 65536]:
            digest.update(self.rfile.read(size))
        self.rfile.read(len("\r\n----\r\n") + 32)
        item = str({**RECORDED, "binary_hash": digest.hexdigest()})
        body = f'{{"items": [{item}]}}'.replace("'", '"').replace("False", "false").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        size = MEGABYTE if "/small/" in self.path else self.server.size
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        for _ in range(size // MEGABYTE):
            self.wfile.write(bytes(MEGABYTE))

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing to the terminal."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def measure(script: str, server: Server, small: Path, large: Path) -> int:
    """Return by how many bytes the peak of the memory grew with the large one."""
    command = [sys.executable, "-c", PEAK + script, f"http://127.0.0.1:{server.server_port}"]
    done = subprocess.run(
        [*command, small, large], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stderr == ""
    return int(done.stdout)


@pytest.mark.parametrize("size", SIZES)
def test_upload__takes_less_than_8_mb_of_memory(server: Server, tmp_path: Path, size: int) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(bytes(MEGABYTE))
    with large.open("wb") as sparse:
        sparse.truncate(size)

    assert measure(UPLOAD, server, small, large) < LIMIT


@pytest.mark.parametrize("size", SIZES)
def test_download__takes_less_than_8_mb_of_memory(
    server: Server, tmp_path: Path, size: int
) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    server.size = size

    assert measure(DOWNLOAD, server, small, large) < LIMIT
    assert (small.stat().st_size, large.stat().st_size) == (MEGABYTE, size)
