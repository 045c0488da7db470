"""Uploads at the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import (
    EmptyFile,
    IntegrityError,
    InvalidName,
    InvalidRequest,
    NotFound,
    OrganizationNotFound,
    PermissionDenied,
    ServerError,
)

from tests.client.endpoints.source_images.parts import read_parts
from tests.client.samples import HASH, RECORDED, uploaded
from tests.client.scripted_server import Reply, ScriptedServer

URL = "https://example.org/film.mp4@00:00:22"


class Pathless(BytesIO):
    """A file that stands where its reader left it, and knows its name."""

    name = "photos/beach.jpg"


class Broken(BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("the disk is gone")


def test_create__posts_the_file_and_its_metadata(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json=uploaded(b"content")))

    image = client.source_images.create(
        b"content",
        name="a.jpg",
        user_metadata={"text:alt": "Zürich"},
        dynamic_metadata={"subject_area": {"x": 1}, "version": {"text": "2"}},
        static_metadata={"auto_description": {"languages": ["en"]}},
        is_protected=True,
        is_locked=False,
        visual_binaryhash=True,
        optimize_source="jpg",
    )

    request = server.received[0]
    assert image.hash == HASH
    assert (request.method, request.target) == ("POST", "/sourceimages/acme")
    assert read_parts(request) == [
        ("filedata", "a.jpg", b"content"),
        ("meta_user[0]", "", json.dumps({"text:alt": "Zürich"}).encode()),
        ("meta_dynamic[0][subject_area]", "", b'{"x": 1}'),
        ("meta_dynamic[0][version]", "", b'{"text": "2"}'),
        ("meta_static[0]", "", b'{"auto_description": {"languages": ["en"]}}'),
        ("options[0]", "", b'{"protected": true, "locked": false, "visual_binaryhash": true}'),
        ("optimize_source", "", b"jpg"),
    ]


def test_create__alone_sends_the_file_only(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=201, json=uploaded(b"content")))

    client.source_images.create(b"content", name="a.jpg", organization="other")

    assert server.received[0].target == "/sourceimages/other"
    assert read_parts(server.received[0]) == [("filedata", "a.jpg", b"content")]


def test_create__takes_the_name_of_the_file(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "lake.png"
    path.write_bytes(b"content")
    server.reply(*[Reply(json=uploaded(b"content"))] * 4)

    for file in (path, str(path), Pathless(b"content"), iter([b"con", b"tent"])):
        client.source_images.create(file)

    names = [read_parts(request)[0][1] for request in server.received]
    assert names == ["lake.png", "lake.png", "beach.jpg", "image"]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [(None, []), (False, []), (True, [b"true"]), ("png", [b"png"])],
)
def test_create__optimizes_when_asked_to(
    client: RokkaClient, server: ScriptedServer, asked: Any, sent: list[bytes]
) -> None:
    server.reply(Reply(json=uploaded(b"content")))

    client.source_images.create(b"content", optimize_source=asked)

    parts = read_parts(server.received[0])
    assert [text for name, _, text in parts if name == "optimize_source"] == sent


def test_create__compares_the_checksum(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=uploaded(b"other")), Reply(json=uploaded(b"other")))

    with pytest.raises(IntegrityError) as caught:
        client.source_images.create(b"content", name="a.jpg")
    unverified = client.source_images.create(b"content", name="a.jpg", verify=False)

    assert (caught.value.method, caught.value.path) == ("POST", "/sourceimages/acme")
    assert str(caught.value) == (
        "rokka reports the SHA-1 'd0941e68da8f38151ff86a61fc59f7c5cf9fcaa2' for 'a.jpg', but"
        " '040f06fd774092478d450774f5ba30c5da78acc8' was sent. Upload it again."
    )
    assert unverified.binary_hash == "d0941e68da8f38151ff86a61fc59f7c5cf9fcaa2"


def test_create__sends_no_empty_file(client: RokkaClient, server: ScriptedServer) -> None:
    with pytest.raises(EmptyFile):
        client.source_images.create(b"", name="a.jpg")

    assert server.received == []


def test_create__leaves_an_open_file_at_its_end(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json=uploaded(b"content")))
    file = BytesIO(b"content")
    file.seek(3)

    client.source_images.create(file)

    assert (file.closed, file.tell()) == (False, 7)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(status=400), InvalidRequest),
        (Reply(json=uploaded(b"other")), IntegrityError),
        (Reply(json={"items": []}), ServerError),
    ],
    ids=["refused", "other bytes", "no answer"],
)
def test_create__after_an_error_leaves_an_open_file_where_it_stood(
    client: RokkaClient, server: ScriptedServer, reply: Reply, kind: type[Exception]
) -> None:
    server.reply(reply)
    file = BytesIO(b"content")
    file.seek(3)

    with pytest.raises(kind):
        client.source_images.create(file)

    assert (file.closed, file.tell()) == (False, 3)


def test_create__of_a_file_that_cannot_be_read_raises_its_error(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(reads_body=False))
    file = Broken(b"content")

    with pytest.raises(OSError, match="the disk is gone"):
        client.source_images.create(file)

    assert file.tell() == 0


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"user_metadata": {"AltText": "a"}}, InvalidName, "'AltText' is no field"),
        ({"user_metadata": {"alt": True}}, TypeError, "booleans"),
        ({"user_metadata": {"alt": None}}, ValueError, "leave it out"),
        ({"user_metadata": {"double:x": float("nan")}}, ValueError, "JSON has no such"),
        ({"dynamic_metadata": {"a]": 1}}, InvalidName, r"'a\]' is no name of dynamic metadata"),
        ({"optimize_source": "gif"}, ValueError, "optimize_source is 'gif', must be one of"),
    ],
)
def test_create__refuses_what_rokka_does_not_take(
    client: RokkaClient,
    server: ScriptedServer,
    options: dict[str, Any],
    kind: type[Exception],
    message: str,
) -> None:
    with pytest.raises(kind, match=message):
        client.source_images.create(b"content", **options)
    with pytest.raises(kind, match=message):
        client.source_images.create_from_url(URL, **options)

    assert server.received == []


def test_create__is_repeated_after_a_lost_answer(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(is_reset=True), Reply(json=uploaded(b"content")))

    assert client.source_images.create(b"content").hash == HASH


@pytest.mark.parametrize(
    "create",
    [
        lambda client, **options: client.source_images.create(b"content", **options),
        lambda client, **options: client.source_images.create_from_url(URL, **options),
    ],
    ids=["file", "url"],
)
def test_create__with_paid_work_is_not_repeated_after_a_lost_answer(
    client: RokkaClient, server: ScriptedServer, create: Callable[..., Any]
) -> None:
    paid = {"auto_description": {"languages": ["de"]}}
    server.reply(Reply(status=504), Reply(status=403))

    with pytest.raises(ServerError):
        create(client, static_metadata=paid)
    with pytest.raises(PermissionDenied, match="describing images automatically"):
        create(client, static_metadata=paid)


def test_create_from_url__posts_the_url_and_its_metadata(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json={"total": 1, "items": [RECORDED]}))

    image = client.source_images.create_from_url(
        URL, user_metadata={"a": "1"}, is_protected=True, optimize_source=True, organization="other"
    )

    assert image.hash == HASH
    assert server.received[0].line == ("POST", "/sourceimages/other")
    assert read_parts(server.received[0]) == [
        ("url[0]", "", URL.encode()),
        ("meta_user[0]", "", b'{"a": "1"}'),
        ("options[0]", "", b'{"protected": true}'),
        ("optimize_source", "", b"true"),
    ]


@pytest.mark.parametrize(
    "url", ["", "beach.jpg", "/tmp/a.jpg", "ftp://a/b", "https://", "http://a b/", "http://[a/b"]
)
def test_create_from_url__needs_a_url(
    client: RokkaClient, server: ScriptedServer, url: str
) -> None:
    with pytest.raises(ValueError, match="cannot be fetched: give a URL"):
        client.source_images.create_from_url(url)

    assert server.received == []


def test_create_from_url__tells_a_missing_file_from_a_missing_organization(
    client: RokkaClient, server: ScriptedServer
) -> None:
    no_organization = {"error": {"code": 404, "message": "Organization not found"}}
    server.reply(Reply(status=404), Reply(status=404, json=no_organization))

    with pytest.raises(NotFound) as caught:
        client.source_images.create_from_url("https://me:secret@example.org/a?signature=secret")
    with pytest.raises(OrganizationNotFound):
        client.source_images.create_from_url(URL)

    assert type(caught.value) is NotFound
    assert "example.org/a'" in str(caught.value)
    assert "secret" not in str(caught.value)
