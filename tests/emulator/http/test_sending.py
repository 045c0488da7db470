from __future__ import annotations

import email
import socket
import struct
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.open_files import open_binaries
from tests.emulator.pictures import encode, halves


class Picture:
    """A render, and what is known of it."""

    def __init__(self, rokka: Rokka) -> None:
        digest = rokka.upload(encode(halves(60, 40)))["hash"]
        self._rokka = rokka
        self._path = f"/dynamic/{digest}.png"
        answer = self.ask()
        self.data: bytes = answer.content
        self.etag = answer.headers["ETag"]
        self.date = answer.headers["Last-Modified"]

    def ask(self, method: str = "GET", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._rokka.render(self._path, method=method, **named)


@pytest.fixture
def picture(rokka: Rokka) -> Picture:
    return Picture(rokka)


@pytest.mark.parametrize(
    ("range_", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-19", 10, 20),
        ("bytes=50-", 50, None),
        ("bytes=-7", -7, None),
        ("bytes=5-99999", 5, None),
        ("bytes=0-9,99999-", 0, 10),
    ],
)
def test_range__is_sent_alone(picture: Picture, range_: str, start: int, end: int | None) -> None:
    answer = picture.ask(Range=range_)
    assert (answer.status_code, answer.content) == (206, picture.data[start:end])
    first = start % len(picture.data)
    last = first + len(answer.content) - 1
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(picture.data)}"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_ranges__are_sent_as_parts(picture: Picture) -> None:
    answer = picture.ask(Range="bytes=0-3,10-12,-5")
    kind = answer.headers["Content-Type"]
    assert (answer.status_code, kind.partition(";")[0]) == (206, "multipart/byteranges")
    assert answer.headers["Content-Length"] == str(len(answer.content))
    read = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + answer.content)
    parts: Any = read.get_payload()
    size = len(picture.data)
    assert [part["Content-Range"] for part in parts] == [
        f"bytes 0-3/{size}",
        f"bytes 10-12/{size}",
        f"bytes {size - 5}-{size - 1}/{size}",
    ]
    assert {part["Content-Type"] for part in parts} == {"image/png"}
    for piece in (picture.data[:4], picture.data[10:13], picture.data[-5:]):
        assert b"\r\n\r\n" + piece + b"\r\n--" in answer.content


def test_range__of_nothing_is_unsatisfiable(picture: Picture) -> None:
    answer = picture.ask(Range="bytes=99999-")
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(picture.data)}"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "range_", ["bytes=9-3", "pixels=0-9", "words", "bytes=" + ",".join(["0-1"] * 30)]
)
def test_range__that_is_none_is_ignored(picture: Picture, range_: str) -> None:
    answer = picture.ask(Range=range_)
    assert (answer.status_code, answer.content) == (200, picture.data)


def test_range__holds_for_the_same_file_only(picture: Picture) -> None:
    statuses = [
        picture.ask(Range="bytes=0-9", If_Range=value).status_code
        for value in (picture.etag, picture.date, '"another"', "Sat, 01 Jan 2000 00:00:00 GMT")
    ]
    assert statuses == [206, 206, 200, 200]


def test_condition__spares_what_the_client_has(picture: Picture) -> None:
    statuses = [
        picture.ask(method, **{name: value}).status_code
        for method in ("GET", "HEAD")
        for name, value in (
            ("If_None_Match", picture.etag),
            ("If_None_Match", f'"another", W/{picture.etag}'),
            ("If_None_Match", '"another"'),
            ("If_Modified_Since", picture.date),
            ("If_Modified_Since", "Sat, 01 Jan 2000 00:00:00 GMT"),
            ("If_Match", picture.etag),
            ("If_Match", '"another"'),
        )
    ]
    assert statuses == [304, 304, 200, 304, 200, 200, 412] * 2


def test_head__has_the_headers_and_no_body(picture: Picture) -> None:
    answer = picture.ask("HEAD")
    assert (answer.content, answer.headers["Content-Length"]) == (b"", str(len(picture.data)))
    assert answer.headers["Accept-Ranges"] == "bytes"


LARGE = b"\x1aE\xdf\xa3" + b"webm" + bytes(8_000_000)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows which files are open")
@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("HEAD", {}, 200),
        ("GET", {"If-None-Match": "*"}, 304),
        ("GET", {"If-Match": '"another"'}, 412),
        ("GET", {"Range": "bytes=99999-"}, 416),
        ("GET", {"Range": "bytes=1-2,5-6"}, 206),
        ("GET", {}, 200),
    ],
)
def test_file__is_closed_with_its_answer(
    rokka: Rokka, method: str, headers: dict[str, str], status: int
) -> None:
    image = rokka.upload(encode(halves(60, 40)))
    path = f"/sourceimages/demo/{image['hash']}/download"
    assert rokka.api(method, path, headers=headers).status_code == status
    assert is_everything_closed(rokka)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows which files are open")
@pytest.mark.parametrize("is_reset", [False, True])
def test_file__is_closed_when_its_client_goes_away(rokka: Rokka, *, is_reset: bool) -> None:
    image = rokka.upload(LARGE, "a.webm")
    where = urlsplit(rokka.server.api_host)
    with socket.create_connection((where.hostname or "", where.port or 0)) as client:
        client.sendall(
            f"GET /sourceimages/demo/{image['hash']}/download HTTP/1.1\r\nHost: x\r\n"
            f"Api-Key: {API_KEY}\r\n\r\n".encode()
        )
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        assert len(open_binaries(rokka.server.emulator.root)) == 1
        if is_reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert is_everything_closed(rokka)


def is_everything_closed(rokka: Rokka) -> bool:
    """Say whether no stored file is open, at once or a moment later: an answer ends in a thread."""
    end = time.monotonic() + 5
    while open_binaries(rokka.server.emulator.root) and time.monotonic() < end:
        time.sleep(0.01)
    return not open_binaries(rokka.server.emulator.root)
