"""The body of an upload, byte by byte."""

from __future__ import annotations

import codecs
import os
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import HTTP
from hashlib import sha1
from io import BytesIO, RawIOBase, StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.client.multipart import (
    BLOCK_SIZE,
    MultipartBody,
    Source,
    get_file_name,
    open_source,
)
from django_rokka.exceptions import EmptyFile, UploadFailed

HOSTILE_NAMES = {
    'a"b.jpg': "a%22b.jpg",
    "a\r\nX-Evil: 1\r\n\r\n.jpg": "a%0D%0AX-Evil: 1%0D%0A%0D%0A.jpg",
    "a\x00b.jpg": "a%00b.jpg",
    "a\\b.jpg": "a\\b.jpg",
    "../../x.jpg": "../../x.jpg",
    "<img src=x>&#39;.jpg": "<img src=x>&#39;.jpg",
    "日本語 ümläut.jpg": "日本語 ümläut.jpg",
    "\ud800.jpg": "?.jpg",
    "x" * 300 + ".jpg": "x" * 300 + ".jpg",
    "...": "...",
    "": "image",
}


def make_body(content: bytes = b"content", *, name: str = "a.jpg", **texts: str) -> MultipartBody:
    return MultipartBody(BytesIO(content), name=name, field_name="filedata", texts=texts)


def test_body__is_a_file_and_texts() -> None:
    body = make_body(b"\x00\r\n--x", name="a.png", meta='{"a": "ü"}')
    boundary = body.content_type.partition("boundary=")[2]

    assert (
        b"".join(body)
        == (
            f"--{boundary}\r\n"
            'Content-Disposition: form-data; name="filedata"; filename="a.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
            "\x00\r\n--x\r\n"
            f"--{boundary}\r\n"
            'Content-Disposition: form-data; name="meta"\r\n\r\n'
            '{"a": "ü"}\r\n'
            f"--{boundary}--\r\n"
        ).encode()
    )


@given(st.binary(min_size=1, max_size=300_000), st.dictionaries(st.text("ab"), st.text()))
def test_body__has_the_length_it_says(content: bytes, texts: dict[str, str]) -> None:
    body = MultipartBody(BytesIO(content), name="a", field_name="f", texts=texts)
    written = b"".join(body)

    assert len(body) == len(written)
    assert content in written


@given(st.text())
def test_name__never_leaves_its_header(name: str) -> None:
    written = b"".join(make_body(b"content", name=name))
    head, _, rest = written.partition(b"\r\n\r\n")

    assert head.count(b"\r\n") == 2
    assert head.split(b"\r\n")[1].count(b'"') == 4
    assert rest.startswith(b"content\r\n")


@pytest.mark.parametrize(("name", "written"), HOSTILE_NAMES.items())
def test_name__is_escaped_as_browsers_do(name: str, written: str) -> None:
    body = make_body(name=name)

    assert f'filename="{written}"\r\n'.encode() in b"".join(body)


def test_body__is_read_by_another_parser() -> None:
    body = make_body(b"\xff\xfe" * 5, name="a b.jpg", meta="{}")
    message = message_from_bytes(
        f"Content-Type: {body.content_type}\r\n\r\n".encode() + b"".join(body), policy=HTTP
    )

    parts = [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]
    assert parts == [("filedata", b"\xff\xfe" * 5), ("meta", b"{}")]


def test_body__rewinds_for_each_pass() -> None:
    body = make_body(b"x" * 200_000)

    assert b"".join(body) == b"".join(body)


def test_body__measures_sha1_on_the_way() -> None:
    body = make_body(b"x" * 200_000)
    blocks = iter(body)

    next(blocks)
    before = body.sha1
    list(blocks)

    assert (before, body.sha1) == ("", sha1(b"x" * 200_000, usedforsecurity=False).hexdigest())


def test_body__reads_a_block_at_a_time() -> None:
    asked: list[int] = []

    class Recording(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(-1 if size is None else size)
            return super().read(size)

    file = Recording(b"x" * 800_000)
    body = MultipartBody(file, name="a", field_name="f", texts={})
    blocks = [len(block) for block in body]

    assert max(blocks) == max(asked) == BLOCK_SIZE
    assert min(asked) > 0


def test_body__takes_short_reads() -> None:
    class Dripping(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 1, 7))

    body = MultipartBody(Dripping(b"x" * 100), name="a", field_name="f", texts={})

    assert b"x" * 100 in b"".join(body)
    assert body.sha1


def test_body__refuses_an_empty_file() -> None:
    with pytest.raises(EmptyFile) as caught:
        make_body(b"", name="empty.jpg")

    assert str(caught.value) == "The file 'empty.jpg' is empty; rokka takes no empty files."


@pytest.mark.parametrize(("size", "what"), [(100, "has become shorter"), (300_000, "has grown")])
def test_body__notices_that_the_file_changes(tmp_path: Path, size: int, what: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x" * 200_000)
    with open_source(path) as opened:
        body = MultipartBody(opened, name="a.jpg", field_name="f", texts={})
        os.truncate(path, size)
        with pytest.raises(OSError, match="cannot be read"):
            list(body)

    assert isinstance(body.failure, UploadFailed)
    assert str(body.failure) == (
        f"The file 'a.jpg' {what} while it was sent (200000 bytes were announced). Upload it again"
        " when nothing writes to it."
    )


@pytest.fixture(params=["bytes", "str", "Path", "file", "pipe", "unseekable"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[object]:
    content = b"x" * 30_000
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    if request.param == "bytes":
        yield content
    elif request.param == "str":
        yield str(path)
    elif request.param == "Path":
        yield path
    elif request.param == "file":
        with path.open("rb") as opened:
            opened.read(5)
            yield opened
    elif request.param == "pipe":
        yield from iter_pipe(content)
    else:

        class Unseekable:
            def __init__(self) -> None:
                self.read = BytesIO(content).read

        yield Unseekable()


def iter_pipe(content: bytes) -> Iterator[RawIOBase]:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        yield pipe
    thread.join()


def test_source__of_any_kind_is_read_from_its_beginning(source: object) -> None:
    with open_source(source) as opened:  # type: ignore[arg-type]  # each kind, one type
        body = MultipartBody(opened, name="a.jpg", field_name="f", texts={})
        first, second = b"".join(body), b"".join(body)

    assert b"x" * 30_000 in first
    assert first == second


def test_source__that_was_open_stays_open() -> None:
    file = BytesIO(b"x")

    with open_source(file):
        pass

    assert not file.closed


def test_source__open_as_text_is_refused() -> None:
    with pytest.raises(TypeError, match="open it in binary mode"), open_source(StringIO("x")):  # type: ignore[arg-type]  # that is the claim
        pass


def test_source__that_wraps_a_text_file_is_refused() -> None:
    with (
        NamedTemporaryFile("w+") as wrapper,
        pytest.raises(TypeError, match="open it in binary mode"),
        open_source(wrapper),
    ):
        pass


def test_body__of_what_reads_as_text_is_refused() -> None:
    file: Any = codecs.getreader("utf-8")(BytesIO(b"text"))
    body = MultipartBody(file, name="a", field_name="f", texts={})

    with pytest.raises(OSError, match="cannot be read"):
        list(body)

    assert isinstance(body.failure, TypeError)
    assert "open it in binary mode" in str(body.failure)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_source__may_be_bytes_of_any_kind(kind: type) -> None:
    with open_source(kind(b"content")) as opened:
        assert opened.read() == b"content"


def test_source__stands_where_it_stood_after_an_error() -> None:
    file = BytesIO(b"content")
    file.seek(3)

    with pytest.raises(LookupError), open_source(file) as opened:
        raise LookupError(opened.read())

    assert file.tell() == 3


def test_body__is_not_hashed_when_told_so() -> None:
    body = MultipartBody(BytesIO(b"x"), name="a", field_name="f", texts={}, is_hashed=False)

    sent = b"".join(body)

    assert b"\r\n\r\nx\r\n--" in sent
    assert body.sha1 == ""


def test_source__may_be_blocks_of_bytes() -> None:
    blocks = (bytes([number]) * 300_000 for number in range(5))

    with open_source(blocks) as opened:
        opened.seek(0)
        content = opened.read()

    assert content == b"".join(bytes([number]) * 300_000 for number in range(5))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("photos/beach.jpg", "beach.jpg"),
        (Path("photos") / "beach.jpg", "beach.jpg"),
        (r"C:\photos\beach.jpg", "beach.jpg"),
        (b"bytes", "image"),
        (BytesIO(b"bytes"), "image"),
        ([b"bytes"], "image"),
    ],
)
def test_file_name__is_the_last_part_of_the_path(source: Source, name: str) -> None:
    assert get_file_name(source) == name


def test_file_name__of_an_open_file_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "beach.jpg"
    path.write_bytes(b"x")

    with path.open("rb") as opened, os.fdopen(os.dup(opened.fileno()), "rb") as nameless:
        assert (get_file_name(opened), get_file_name(nameless)) == ("beach.jpg", "image")
