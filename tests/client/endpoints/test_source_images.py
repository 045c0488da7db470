"""Source images at the wire."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import HTTP

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import ChecksumMismatch, EmptyFile

from tests.client.samples import HASH, RECORDED, uploaded
from tests.client.scripted_server import Received, Reply, ScriptedServer


def read_parts(request: Received) -> list[tuple[str, str, bytes]]:
    """Return name, file name and content of each part."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.body, policy=HTTP)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename() or "",
            bytes(part.get_content() if part.get_filename() else part.get_payload(decode=True)),
        )
        for part in message.iter_parts()
    ]


def test_create__posts_the_file_and_its_metadata(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json=uploaded(b"content")))

    image = client.source_images.create(
        b"content",
        name="a.jpg",
        user_metadata={"text:alt": "Zürich"},
        dynamic_metadata={"subject_area": {"x": 1}, "version": {"text": "2"}},
        is_protected=True,
    )

    request = server.received[0]
    assert image.hash == HASH
    assert (request.method, request.target) == ("POST", "/sourceimages/acme")
    assert read_parts(request) == [
        ("filedata", "a.jpg", b"content"),
        ("meta_user[0]", "", json.dumps({"text:alt": "Zürich"}).encode()),
        ("meta_dynamic[0][subject_area]", "", b'{"x": 1}'),
        ("meta_dynamic[0][version]", "", b'{"text": "2"}'),
        ("options[0]", "", b'{"protected": true}'),
    ]


def test_create__alone_sends_the_file_only(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=201, json=uploaded(b"content")))

    client.source_images.create(b"content", name="a.jpg", organization="other")

    assert server.received[0].target == "/sourceimages/other"
    assert read_parts(server.received[0]) == [("filedata", "a.jpg", b"content")]


def test_create__compares_the_checksum(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=uploaded(b"other")), Reply(json=uploaded(b"other")))

    with pytest.raises(ChecksumMismatch) as caught:
        client.source_images.create(b"content", name="a.jpg")
    unverified = client.source_images.create(b"content", name="a.jpg", verify=False)

    assert str(caught.value) == (
        "rokka reports the SHA-1 'd0941e68da8f38151ff86a61fc59f7c5cf9fcaa2' for 'a.jpg', but"
        " '040f06fd774092478d450774f5ba30c5da78acc8' was sent. Upload it again."
    )
    assert unverified.binary_hash == "d0941e68da8f38151ff86a61fc59f7c5cf9fcaa2"


def test_create__sends_no_empty_file(client: RokkaClient, server: ScriptedServer) -> None:
    with pytest.raises(EmptyFile):
        client.source_images.create(b"", name="a.jpg")

    assert server.received == []


def test_get__reads_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED))

    image = client.source_images.get("e55116", organization="other")

    assert image.name == "schweiz.jpg"
    assert (server.received[0].method, server.received[0].target) == (
        "GET",
        "/sourceimages/other/e55116",
    )


def test_delete__deletes_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.source_images.delete(HASH)

    assert (server.received[0].method, server.received[0].target) == (
        "DELETE",
        f"/sourceimages/acme/{HASH}",
    )
