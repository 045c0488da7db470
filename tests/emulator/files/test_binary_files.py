from __future__ import annotations

import os
import socket
import tempfile
import time
from pathlib import Path

import pytest

from django_rokka.emulator.files.binary_files import BinaryFiles

from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import encode, halves

HOUR = 3600
HEAD = (
    "POST /sourceimages/demo HTTP/1.1\r\nHost: localhost\r\n"
    f"Api-Key: {API_KEY}\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n"
    '--b\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n'
)


def wait_until_empty(folder: Path, *, seconds: float) -> list[str]:
    end = time.monotonic() + seconds
    while (names := [path.name for path in folder.iterdir()]) and time.monotonic() < end:
        time.sleep(0.02)
    return names


def test_upload__that_breaks_off_leaves_no_file(rokka: Rokka) -> None:
    incoming = rokka.server.emulator.root / "incoming"
    host, _, port = rokka.server.api_host.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(HEAD.encode() + b"\xff\xd8\xff" + b"x" * 500_000)
        end = time.monotonic() + 10
        while not any(incoming.iterdir()) and time.monotonic() < end:
            time.sleep(0.02)
        assert any(incoming.iterdir())
    assert wait_until_empty(incoming, seconds=10) == []


@pytest.mark.parametrize(
    ("name", "age", "is_kept"),
    [
        ("incoming-killed", 25 * HOUR, False),
        ("incoming-running", 23 * HOUR, True),
        ("notes.txt", 25 * HOUR, True),
    ],
)
def test_binary_files__sweep_what_a_killed_process_left(
    tmp_path: Path,
    name: str,
    age: float,
    is_kept: bool,  # noqa: FBT001  # a table
) -> None:
    BinaryFiles(tmp_path)
    path = tmp_path / "incoming" / name
    path.write_bytes(b"half a picture")
    os.utime(path, (time.time() - age, time.time() - age))

    BinaryFiles(tmp_path)

    assert path.exists() is is_kept


def test_archive__is_written_into_the_root(
    rokka: Rokka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rokka.upload(encode(halves(30, 20)))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    answer = rokka.api("GET", "/sourceimages/demo/download")
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    assert list((rokka.server.emulator.root / "incoming").iterdir()) == []
