"""Originals come in block by block, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha1
from io import BytesIO, RawIOBase
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import pytest
import requests
from requests.adapters import BaseAdapter

from django_rokka.client import Download, RokkaClient
from django_rokka.client.calls import Call
from django_rokka.client.multipart import BLOCK_SIZE
from django_rokka.exceptions import ConnectionFailed, IntegrityError, NotFound, Timeout

from tests.client.conftest import FakeClock
from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

CONTENT = bytes(range(256)) * 1000


def test_download__writes_the_exact_bytes(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=CONTENT))
    file = BytesIO()

    with client.source_images.download(HASH) as download:
        count = download.write_to(file)

    assert (file.getvalue() == CONTENT, count, download.size) == (True, 256_000, 256_000)
    assert server.received[0].target == f"/sourceimages/acme/{HASH}/download"
    assert server.received[0].headers["Accept-Encoding"] == "identity"


def test_download__comes_in_blocks(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=CONTENT))

    with client.source_images.download(HASH) as download:
        blocks = list(download)

    assert b"".join(blocks) == CONTENT
    assert max(map(len, blocks)) <= BLOCK_SIZE


def test_download__that_breaks_off_is_an_error(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=CONTENT, missing=1))

    with (
        client.source_images.download(HASH) as download,
        pytest.raises(ConnectionFailed, match="the answer broke off"),
    ):
        download.write_to(BytesIO())


def test_download__is_retried_until_it_opens(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=503), Reply(body=b"content"))

    with client.source_images.download(HASH) as download:
        assert b"".join(download) == b"content"


def test_download__of_nothing_is_not_found(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound):
        client.source_images.download(HASH)


def test_download__stops_at_its_deadline(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.reply(Reply(body=CONTENT * 10))

    with client.source_images.download(HASH, deadline=5) as download:
        blocks = iter(download)
        next(blocks)
        clock.now += 6
        with pytest.raises(Timeout):
            next(blocks)


def test_download__read_to_its_end_gives_its_connection_back(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=CONTENT), Reply(json=RECORDED))

    with client.source_images.download(HASH) as download:
        download.write_to(BytesIO())
    client.source_images.get(HASH)

    assert len({request.port for request in server.received}) == 1


def test_download__left_unread_closes_its_connection(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=CONTENT * 20), Reply(json=RECORDED))

    with client.source_images.download(HASH):
        pass
    client.source_images.get(HASH)

    assert len({request.port for request in server.received}) == 2


def test_download__that_an_adapter_cuts_short_is_an_error(
    make_client: Callable[..., RokkaClient],
) -> None:
    class Cutting(BaseAdapter):
        def send(self, *args: object, **options: object) -> requests.Response:
            response = requests.Response()
            response.status_code = 200
            response.headers["Content-Length"] = "10"
            response.raw = BytesIO(b"12345")
            return response

        def close(self) -> None:
            """Hold nothing."""

    def make_session() -> requests.Session:
        session = requests.Session()
        session.mount("http://", Cutting())
        return session

    client = make_client(session=make_session, api_host="http://rokka.emulator")

    with client.source_images.download(HASH) as download, pytest.raises(ConnectionFailed) as caught:
        download.write_to(BytesIO())

    assert str(caught.value) == (
        f"The answer to GET /sourceimages/acme/{HASH}/download broke off after 5 of 10 bytes."
        " Download it again."
    )


def test_download__to_a_path_appears_whole(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.reply(Reply(body=CONTENT * 10))
    path = tmp_path / "beach.jpg"

    with client.source_images.download(HASH) as download:
        count = download.write_to(path)

    assert (count, path.read_bytes()) == (len(CONTENT) * 10, CONTENT * 10)
    assert list(tmp_path.iterdir()) == [path]


def test_download__that_breaks_off_leaves_the_path_as_it_was(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.reply(Reply(body=CONTENT * 10, missing=5))
    path = tmp_path / "beach.jpg"
    path.write_bytes(b"the old one")

    with client.source_images.download(HASH) as download, pytest.raises(ConnectionFailed):
        download.write_to(path)

    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_download__that_breaks_off_leaves_an_open_file_where_it_stood(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=CONTENT * 10, missing=5))
    file = BytesIO()
    file.write(b"before")

    with client.source_images.download(HASH) as download, pytest.raises(ConnectionFailed):
        download.write_to(file)

    assert (file.tell(), file.getvalue()) == (6, b"before")


def test_download__of_other_bytes_than_were_uploaded_is_an_error(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.reply(Reply(body=CONTENT))
    path = tmp_path / "beach.jpg"

    with (
        client.source_images.download(HASH, binary_hash="0" * 40) as download,
        pytest.raises(IntegrityError) as caught,
    ):
        download.write_to(path)

    found = sha1(CONTENT, usedforsecurity=False).hexdigest()
    assert str(caught.value) == (
        f"The answer to GET /sourceimages/acme/{HASH}/download has the SHA-1 {found!r} instead of"
        f" {'0' * 40!r}. Download it again."
    )
    assert (caught.value.method, caught.value.path) == (
        "GET",
        f"/sourceimages/acme/{HASH}/download",
    )
    assert list(tmp_path.iterdir()) == []


def test_download__that_broke_off_is_never_read_as_empty(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.reply(Reply(body=CONTENT, missing=5))
    path = tmp_path / "beach.jpg"
    path.write_bytes(b"the old one")

    with client.source_images.download(HASH) as download:
        with pytest.raises(ConnectionFailed, match="broke off") as first:
            download.write_to(path)
        for again in (download.write_to, lambda _: download.read(), lambda _: next(download)):
            with pytest.raises(ConnectionFailed, match="broke off") as caught:
                again(path)
            assert caught.value.path == first.value.path

    assert path.read_bytes() == b"the old one"


def test_download__that_was_interrupted_goes_on_failing() -> None:
    def blocks() -> Iterator[bytes]:
        yield b"content"
        raise KeyboardInterrupt

    call = Call(method="GET", segments=("a",), organization="acme")
    download = Download(blocks(), size=None, close=lambda: None, call=call)

    with pytest.raises(KeyboardInterrupt):
        download.write_to(BytesIO())
    with pytest.raises(ConnectionFailed, match=r"was interrupted before\. Download it again"):
        download.write_to(BytesIO())


def test_download__of_which_a_part_was_read_is_not_taken_for_the_whole(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.reply(Reply(body=CONTENT))
    sha1_of_all = sha1(CONTENT, usedforsecurity=False).hexdigest()
    rest = BytesIO()

    with client.source_images.download(HASH, binary_hash=sha1_of_all) as download:
        begin = next(download)
        for whole in (lambda: download.write_to(tmp_path / "beach.jpg"), download.read):
            with pytest.raises(ValueError, match="was read before, at least in part"):
                whole()
        download.write_to(rest)
        with pytest.raises(ValueError, match="was read before"):
            download.write_to(tmp_path / "beach.jpg")

    assert begin + rest.getvalue() == CONTENT
    assert list(tmp_path.iterdir()) == []


def test_read__returns_the_whole_body(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=CONTENT))

    with client.source_images.download(HASH) as download:
        assert download.read() == CONTENT


def test_write_to__takes_a_spooled_file_and_a_long_name(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.reply(Reply(body=CONTENT), Reply(body=CONTENT))
    path = tmp_path / ("\u5c71" * 80 + ".jpg")

    with SpooledTemporaryFile() as file:
        with client.source_images.download(HASH) as download:
            download.write_to(cast("BinaryIO", file))
        file.seek(0)
        assert file.read() == CONTENT
    with client.source_images.download(HASH) as download:
        download.write_to(path)

    assert path.read_bytes() == CONTENT


def test_write_to__counts_what_a_sink_does_not(client: RokkaClient, server: ScriptedServer) -> None:
    class Sink:
        content = b""

        def write(self, block: bytes) -> None:
            self.content += block

    server.reply(Reply(body=CONTENT))
    sink = Sink()

    with client.source_images.download(HASH) as download:
        count = download.write_to(sink)  # type: ignore[arg-type]  # that is the claim

    assert (count, sink.content) == (len(CONTENT), CONTENT)


class Raw(RawIOBase):
    """A raw file that takes so many bytes at a time."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.content = b""

    def write(self, block: Any, /) -> int | None:
        if self.most is None:
            return None
        self.content += block[: self.most]
        return len(block[: self.most])


def test_write_to__writes_all_to_what_takes_a_part(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=CONTENT))

    with Raw(1000) as file, client.source_images.download(HASH) as download:
        count = download.write_to(cast("BinaryIO", file))

        assert (count, file.content) == (len(CONTENT), CONTENT)


@pytest.mark.parametrize("most", [None, 0])
def test_write_to__says_so_of_what_takes_nothing(
    client: RokkaClient, server: ScriptedServer, most: int | None
) -> None:
    server.reply(Reply(body=CONTENT))

    with (
        Raw(most) as file,
        client.source_images.download(HASH) as download,
        pytest.raises(BlockingIOError, match="takes no bytes for now"),
    ):
        download.write_to(cast("BinaryIO", file))


def test_download__that_is_closed_is_not_read_as_empty(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=CONTENT))
    with client.source_images.download(HASH) as download:
        pass

    with pytest.raises(ValueError, match=f"<Download of .*{HASH}/download> is closed") as caught:
        download.write_to(BytesIO())

    assert str(caught.value).endswith("Read it inside of its with statement.")
    with pytest.raises(ValueError, match="is closed"):
        download.write_to(BytesIO())
