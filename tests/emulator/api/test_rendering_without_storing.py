from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.emulator.api.members import make_member
from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import BLUE, RED, decode, encode, halves, is_close, pixel

PICTURE = encode(halves(60, 40))


def render(rokka: Rokka, path: str, data: bytes = PICTURE, **options: Any) -> Any:
    files = {"filedata": ("a lake.png", data)}
    return rokka.api("POST", f"/utils/demo/render/{path}", files=files, **options)


def is_nothing_left(rokka: Rokka) -> bool:
    root = rokka.server.emulator.root
    folders = ("binaries", "incoming", "renders", "rendering")
    kept = [path for name in folders for path in (root / name).rglob("*") if path.is_file()]
    return not kept and rokka.api("GET", "/sourceimages/demo").json()["total"] == 0


@pytest.mark.parametrize(
    "path",
    [
        "dynamic/resize-width-30.jpg",
        "dynamic/resize-width-30/o-jpg.quality-90.jpg",
        "dynamic/resize-width-[image.width%2F2].jpg",
        "small.jpg",
        "small/v-w-30.jpg",
        "small/resize-width-30.jpg",
        'small.jpg?v={"w":30}',
    ],
)
def test_render__answers_with_the_picture_and_keeps_nothing(rokka: Rokka, path: str) -> None:
    operations = [{"name": "resize", "expressions": {"width": "$w"}}]
    rokka.put_stack("small", {"operations": operations, "variables": {"w": 30}})
    answer = render(rokka, path)
    assert answer.status_code == 200, answer.text
    picture = decode(answer.content)
    assert (picture.format, picture.size) == ("JPEG", (30, 20))
    assert is_close(pixel(picture, 0.1, 0.5), RED)
    assert is_close(pixel(picture, 0.9, 0.5), BLUE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'inline; filename="a lake.jpg"'
    assert is_nothing_left(rokka)


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("nothing.jpg", 404, "No stack"),
        ("dynamic.xyz", 400, "Unknown format"),
        ("dynamic", 400, "nothing to render"),
        ("dynamic/resize-width.jpg", 400, "has no value"),
        ("dynamic/o-source_file-true.jpg", 400, "source_file"),
        ("dynamic/o-basestack-x.jpg", 400, "basestack"),
        ("based.jpg", 400, "basestack"),
        ("dynamic/o-pdf.pages-all.jpg", 501, "pdf.pages"),
        ("dynamic.jpg?v=nonsense", 400, "is no JSON"),
    ],
)
def test_render__says_what_is_wrong_or_missing(
    rokka: Rokka, path: str, status: int, word: str
) -> None:
    rokka.put_stack("based", {"operations": [], "options": {"basestack": "other"}})
    answer = render(rokka, path)
    assert (answer.status_code, word in answer.json()["error"]["message"]) == (status, True), (
        answer.text
    )
    assert is_nothing_left(rokka)


@pytest.mark.parametrize(
    "data", [b"", b"words", b"%!PS-Adobe-3.0 EPSF-3.0", b"\x1aE\xdf\xa3" + bytes(100)]
)
def test_render__refuses_files_that_it_does_not_take(rokka: Rokka, data: bytes) -> None:
    assert render(rokka, "dynamic.jpg", data).status_code == 400
    assert is_nothing_left(rokka)


def test_render__needs_a_file(rokka: Rokka) -> None:
    answer = rokka.api("POST", "/utils/demo/render/dynamic.jpg", data={"filedata": "text"})
    assert answer.status_code == 400


def test_render__refuses_what_is_too_large(rokka: Rokka) -> None:
    connection = http.client.HTTPConnection(urlsplit(rokka.server.api_host).netloc, timeout=30)
    connection.putrequest("POST", "/utils/demo/render/dynamic.jpg")
    connection.putheader("Api-Key", API_KEY)
    connection.putheader("Content-Type", "multipart/form-data; boundary=limit")
    connection.putheader("Content-Length", "101000001")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_render__is_for_those_who_may_upload(rokka: Rokka) -> None:
    statuses = [
        render(rokka, "dynamic.jpg", headers=make_member(rokka, role).headers).status_code
        for role in ("read", "upload")
    ]
    assert statuses == [403, 200]
