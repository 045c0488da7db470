"""One sample: upload a file some times and print what it took.

``python uploaders.py UPLOADER URL FILE UPLOADS THREADS`` prints a line of JSON: seconds of the
uploads, and by how many bytes they raised the peak of the memory. One upload of a few bytes
comes before, so that modules are loaded and a connection is open.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["UPLOADERS"]

Upload = Callable[[Path], object]

_BLOCK_SIZE = 64 * 1024
_WARM_UP = "warm-up"


def _make_limit(url: str) -> Upload:
    """Send the same multipart body in blocks of 64 KiB, and do nothing else."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    head = (
        b'--boundary\r\nContent-Disposition: form-data; name="filedata"; filename="picture.jpg"'
        b"\r\nContent-Type: image/jpeg\r\n\r\n"
    )
    tail = b"\r\n--boundary--\r\n"

    def upload(path: Path) -> object:
        length = len(head) + path.stat().st_size + len(tail)
        connection.putrequest("POST", f"{parts.path}/sourceimages/acme")
        connection.putheader("Content-Type", "multipart/form-data; boundary=boundary")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        connection.send(head)
        with path.open("rb") as file:
            while block := file.read(_BLOCK_SIZE):
                connection.send(block)
        connection.send(tail)
        return json.loads(connection.getresponse().read())

    return upload


def _make_ours(url: str, *, verify: bool) -> Upload:
    from django_rokka.client import RokkaClient

    client = RokkaClient(organization="acme", api_key="key", api_host=url, retries=0)

    def upload(path: Path) -> object:
        # The server knows the SHA-1 of the file alone.
        is_verified = verify and path.name != _WARM_UP
        return client.source_images.create(path, name="picture.jpg", verify=is_verified)

    return upload


def _make_requests(url: str) -> Upload:
    import requests

    session = requests.Session()

    def upload(path: Path) -> object:
        with path.open("rb") as file:
            files = {"filedata": ("picture.jpg", file, "image/jpeg")}
            response = session.post(f"{url}/sourceimages/acme", files=files, timeout=60)
        return response.json()

    return upload


def _make_cloudinary(url: str) -> Upload:
    import cloudinary
    import cloudinary.uploader

    options = {"cloud_name": "acme", "api_key": "key", "api_secret": "-", "upload_prefix": url}
    cloudinary.config(**options)
    return lambda path: cloudinary.uploader.upload(str(path))


UPLOADERS: dict[str, Callable[[str], Upload]] = {
    "limit": _make_limit,
    "ours": lambda url: _make_ours(url, verify=True),
    "ours, verify=False": lambda url: _make_ours(url, verify=False),
    "requests files=": _make_requests,
    "cloudinary": _make_cloudinary,
}


def _main(name: str, url: str, file: str, uploads: str, threads: str) -> None:
    path = Path(file)
    upload = UPLOADERS[name](url)
    with ThreadPoolExecutor(int(threads)) as pool:
        # As many at once as there are threads, so that each opens its connection.
        list(pool.map(upload, [path.with_name(_WARM_UP)] * int(threads)))
        before = _read_peak()
        started = time.perf_counter()
        list(pool.map(upload, [path] * int(uploads)))
        seconds = time.perf_counter() - started
    # The kernel counts in batches, so that the peak may seem to fall a little.
    memory = max(0, _read_peak() - before)
    sys.stdout.write(json.dumps({"seconds": seconds, "memory": memory}) + "\n")


def _read_peak() -> int:
    """Return the most memory that this process has had, in bytes; 0 where Linux does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    _main(*sys.argv[1:])
