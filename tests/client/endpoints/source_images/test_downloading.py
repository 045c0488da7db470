"""Downloads of source images at the wire."""

from __future__ import annotations

from hashlib import sha1

import pytest

from django_rokka.client import Range, RokkaClient
from django_rokka.exceptions import IntegrityError, InvalidName, NotFound

from tests.client.samples import HASH
from tests.client.scripted_server import Reply, ScriptedServer

BINARY_HASH = sha1(b"content", usedforsecurity=False).hexdigest()


def test_download__opens_the_bytes(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=b"content"))

    with client.source_images.download(HASH, organization="other") as download:
        assert b"".join(download) == b"content"

    request = server.received[0]
    assert request.line == ("GET", f"/sourceimages/other/{HASH}/download")
    assert (request.headers["Accept"], request.headers["Accept-Encoding"]) == ("*/*", "identity")


def test_download__compares_the_binary_hash(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=b"content"), Reply(body=b"other"))

    with client.source_images.download(HASH, binary_hash=BINARY_HASH) as download:
        assert b"".join(download) == b"content"
    with (
        client.source_images.download(HASH, binary_hash=BINARY_HASH) as download,
        pytest.raises(IntegrityError, match="Download it again"),
    ):
        b"".join(download)


def test_download__needs_a_whole_binary_hash(client: RokkaClient, server: ScriptedServer) -> None:
    with pytest.raises(InvalidName, match="is no binary hash"):
        client.source_images.download(HASH, binary_hash="c421f4")

    assert server.received == []


def test_download__of_no_image_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"There is no source image '{HASH}'"):
        client.source_images.download(HASH)


def test_download_list__opens_an_archive(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=b"PK"))

    archive = client.source_images.download_list(
        search={"size": Range(maximum=9)}, sort="name", limit=5, offset="c1", deleted=True
    )
    with archive:
        assert b"".join(archive) == b"PK"

    assert server.received[0].line == (
        "GET",
        "/sourceimages/acme/download?deleted=true&limit=5&offset=c1&size=%7B%2C9%5D&sort=name%20asc",
    )


def test_download_list__of_all_asks_for_nothing(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=b"PK"))

    client.source_images.download_list(organization="other").close()

    assert server.received[0].line == ("GET", "/sourceimages/other/download")
