"""Originals come in block by block, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1
from io import BytesIO
from pathlib import Path

import pytest
import requests
from requests.adapters import BaseAdapter

from django_rokka.client import RokkaClient
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


def test_download__that_is_closed_is_not_read_as_empty(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=CONTENT))
    with client.source_images.download(HASH) as download:
        pass

    with pytest.raises(ValueError, match=f"<Download of .*{HASH}/download> is closed") as caught:
        download.write_to(BytesIO())

    assert str(caught.value).endswith("Read it inside of its with statement.")
