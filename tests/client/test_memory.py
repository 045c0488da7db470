"""An upload takes the same memory whatever its size."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.client.samples import RECORDED

MEGABYTE = 1024 * 1024

UPLOAD = """
import sys
from pathlib import Path
from django_rokka.client import RokkaClient

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

with RokkaClient(organization="acme", api_key="key", api_host=sys.argv[1]) as client:
    client.source_images.create(Path(sys.argv[2]), name="small.jpg")
    before = peak()
    client.source_images.create(Path(sys.argv[3]), name="large.jpg")
    print(peak() - before)
"""


class Hashing(BaseHTTPRequestHandler):
    """Answer with the SHA-1 of the file part, without keeping it."""

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

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing to the terminal."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_upload__of_300_mb_takes_less_than_8_mb_of_memory(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x" * MEGABYTE)
    with large.open("wb") as sparse:
        sparse.truncate(300 * MEGABYTE)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hashing)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        command = [sys.executable, "-c", UPLOAD, f"http://127.0.0.1:{server.server_port}"]
        done = subprocess.run(
            [*command, small, large], capture_output=True, text=True, check=False, timeout=120
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert done.stderr == ""
    assert int(done.stdout) * 1024 < 8 * MEGABYTE
