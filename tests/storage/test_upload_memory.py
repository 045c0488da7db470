"""An upload through Django takes the same memory whatever its size."""

from __future__ import annotations

import subprocess
import sys
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.client.test_memory import MEGABYTE, Hashing

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


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_save__of_300_mb_takes_less_than_8_mb_of_memory(tmp_path: Path) -> None:
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
