"""Signing, rendering and albums at the wire."""

from __future__ import annotations

import json
import logging
from email import message_from_bytes
from email.policy import HTTP
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from django_rokka.client import AlbumImage, RokkaClient
from django_rokka.client.multipart import Source
from django_rokka.exceptions import EmptyFile, InvalidName, NotFound, ServerError

from tests.client.samples import HASH
from tests.client.scripted_server import Received, Reply, ScriptedServer
from tests.client.test_secrets import what_an_error_page_shows

URL = "https://acme.rokka.io/thumb/c421f4.jpg"
SIGNATURE = "41b5f2a8cd0de3aa"

ODD_ANSWERS = {"a list": {"signed_url": [SIGNATURE]}, "another member": {"url": SIGNATURE}}

RENDERED = b"\xff\xd8" + b"x" * 200_000


def read_file(request: Received) -> tuple[str, str, bytes]:
    """Return field name, file name and content of the only part."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    (part,) = message_from_bytes(head + request.body, policy=HTTP).iter_parts()
    name = part.get_param("name", header="content-disposition")
    return str(name), part.get_filename() or "", bytes(part.get_content())


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({}, {"url": URL}),
        ({"round_date_up_to": 600}, {"url": URL, "round_date_up_to": 600}),
        ({"round_date_up_to": 0}, {"url": URL, "round_date_up_to": 0}),
    ],
)
def test_sign_url__posts_the_url(
    client: RokkaClient, server: ScriptedServer, options: dict[str, Any], body: dict[str, Any]
) -> None:
    server.reply(Reply(json={"signed_url": f"{URL}?sig={SIGNATURE}"}))

    assert client.utils.sign_url(URL, **options) == f"{URL}?sig={SIGNATURE}"
    assert server.received[0].line == ("POST", "/utils/acme/sign_url")
    assert server.received[0].json == body


@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_sign_url__shows_no_signature(
    client: RokkaClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture, odd: str
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply(Reply(json=ODD_ANSWERS[odd]))

    with pytest.raises(ServerError) as caught:
        client.utils.sign_url(URL)

    assert SIGNATURE not in what_an_error_page_shows(caught.value) + caplog.text


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ({"stack": "thumb"}, "thumb.jpg"),
        ({"stack": "dynamic", "operations": "resize-width-100"}, "dynamic/resize-width-100.jpg"),
        (
            {"stack": "dynamic", "operations": "/resize-width-100--blur/o-pdf.pages-1,3..5/"},
            "dynamic/resize-width-100--blur/o-pdf.pages-1%2C3..5.jpg",
        ),
        (
            {"stack": "dynamic", "operations": "text-text-Z%C3%BCrich%20See"},
            "dynamic/text-text-Z%C3%BCrich%20See.jpg",
        ),
        (
            {"stack": "thumb", "variables": {"w": 100, "text": "Zürich"}},
            f"thumb.jpg?v={quote(json.dumps({'w': 100, 'text': 'Zürich'}, separators=(',', ':')))}",
        ),
    ],
    ids=["stack", "dynamic", "several", "encoded", "variables"],
)
def test_render__posts_the_file(
    client: RokkaClient, server: ScriptedServer, options: dict[str, Any], target: str
) -> None:
    server.reply(Reply(body=RENDERED))
    rendered = BytesIO()

    with client.utils.render(b"content", format="jpg", name="a.png", **options) as download:
        download.write_to(rendered)

    request = server.received[0]
    assert rendered.getvalue() == RENDERED
    assert request.line == ("POST", f"/utils/acme/render/{target}")
    assert read_file(request) == ("filedata", "a.png", b"content")


@pytest.mark.parametrize("kind", [str, Path, BytesIO, list])
def test_render__takes_any_source(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path, kind: type
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"content")
    sources: dict[type, tuple[Source, str]] = {
        str: (str(path), "a.png"),
        Path: (path, "a.png"),
        BytesIO: (BytesIO(b"content"), "image"),
        list: ([b"con", b"tent"], "image"),
    }
    source, name = sources[kind]
    server.reply(Reply(status=503), Reply(body=RENDERED))

    with client.utils.render(source, stack="thumb", format="jpg") as download:
        size = download.size

    assert size == len(RENDERED)
    assert [read_file(request) for request in server.received] == [
        ("filedata", name, b"content")
    ] * 2


def test_render__of_no_stack_names_it(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404, json={"error": {"message": "Stack not found"}}))

    with pytest.raises(NotFound, match="There is no stack 'thumb' in organization 'other'"):
        client.utils.render(b"content", stack="thumb", format="jpg", organization="other")


@pytest.mark.parametrize(
    "options",
    [
        {"stack": ""},
        {"stack": ".."},
        {"stack": "{}"},
        {"stack": "a/b"},
        {"format": ""},
        {"format": "JPG"},
        {"format": "jpg/x"},
        {"format": "jpg\n"},
        {"operations": "../../sign_url"},
        {"operations": "%2E%2E/resize-width-1"},
        {"operations": "a//b"},
    ],
    ids=repr,
)
def test_render__refuses_what_would_be_another_path(
    client: RokkaClient, server: ScriptedServer, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidName):
        client.utils.render(b"content", **{"stack": "thumb", "format": "jpg"} | options)

    assert server.received == []


def test_render__sends_no_empty_file(client: RokkaClient, server: ScriptedServer) -> None:
    with pytest.raises(EmptyFile):
        client.utils.render(b"", stack="thumb", format="jpg")

    assert server.received == []


@pytest.mark.parametrize(("is_favorites", "list"), [(False, "all"), (True, "favorites")])
def test_list_album__reads_the_render_host(
    client: RokkaClient, server: ScriptedServer, *, is_favorites: bool, list: str
) -> None:
    item = {
        "hash": HASH,
        "name": "a.jpg",
        "mimetype": "image/jpeg",
        "format": "jpg",
        "width": 640,
    }
    server.reply(Reply(json={"items": [item, {"hash": "e55116"}]}))

    images = client.utils.list_album(
        "summer / {}",
        is_favorites=is_favorites,
        render_host=f"{server.url}/render/{{organization}}/",
        organization="other",
    )

    request = server.received[0]
    assert images == (
        AlbumImage(hash=HASH, name="a.jpg", mimetype="image/jpeg", format="jpg"),
        AlbumImage(hash="e55116"),
    )
    assert images[0].raw["width"] == 640
    assert request.line == ("GET", f"/render/other/_albums/summer%20%2F%20%7B%7D/{list}.json")
    assert (request.headers["Api-Key"], request.headers["Authorization"]) == (None, None)


def test_list_album__keeps_braces_for_an_album(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"items": []}))

    assert client.utils.list_album("{}", render_host=server.url) == ()
    assert server.received[0].target == "/_albums/%7B%7D/all.json"


def test_list_album__of_none_names_it(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"There is no album 'summer' .* at {server.url} "):
        client.utils.list_album("summer", render_host=server.url)


@pytest.mark.parametrize(
    ("album", "options"),
    [("", {}), ("..", {}), (".", {}), ("summer", {"organization": "evil.test/"})],
)
def test_list_album__refuses_what_would_be_another_path(
    client: RokkaClient, server: ScriptedServer, album: str, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidName):
        client.utils.list_album(album, render_host=server.url, **options)

    assert server.received == []


@pytest.mark.parametrize("render_host", ["", "acme.rokka.io", "https://acme.rokka.io?a=b"])
def test_list_album__refuses_what_is_no_host(client: RokkaClient, render_host: str) -> None:
    with pytest.raises(ValueError, match="is no render host: write scheme, host and perhaps"):
        client.utils.list_album("summer", render_host=render_host)


def test_list_album__masks_credentials_in_a_refused_host(client: RokkaClient) -> None:
    with pytest.raises(ValueError, match=r"^'https://\*{8}@acme.rokka.io' is no render host"):
        client.utils.list_album("summer", render_host="https://user:pass@acme.rokka.io")


def test_list_album__of_half_a_character_is_refused(
    client: RokkaClient, server: ScriptedServer
) -> None:
    with pytest.raises(InvalidName, match="has half a character"):
        client.utils.list_album("\ud800", render_host=server.url)

    assert server.received == []


def test_render__leaves_a_file_where_it_stood_after_an_error(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=404))
    file = BytesIO(b"content")
    file.seek(3)

    with pytest.raises(NotFound):
        client.utils.render(file, stack="thumb", format="jpg")

    assert file.tell() == 3


BLURHASH = "LKO2?U%2Tw=w]~RBVZRi};RPxuwH"


def test_fetch_blurhash__asks_the_render_host_without_credentials(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=f"{BLURHASH}\n".encode()))

    url = f"{server.url}/render/acme/dynamic/noop/{HASH}.blur?sig=0123456789abcdef"
    assert client.utils.fetch_blurhash(url) == BLURHASH
    request = server.received[0]
    path = f"/render/acme/dynamic/noop/{HASH}.blur"
    assert (request.method, request.target) == ("GET", f"{path}?sig=0123456789abcdef")
    assert (request.headers["Api-Key"], request.headers["Authorization"]) == (None, None)


@pytest.mark.parametrize("body", [b"", b"LKO2?", b"<html>Welcome</html>", b"LKO2?U%2Tw\xff"])
def test_fetch_blurhash__refuses_another_answer(
    client: RokkaClient, server: ScriptedServer, body: bytes
) -> None:
    server.reply(Reply(body=body))

    with pytest.raises(ServerError, match="is no BlurHash"):
        client.utils.fetch_blurhash(f"{server.url}/dynamic/{HASH}.blur")


def test_fetch_blurhash__of_no_image_is_not_found(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match="There is no image behind this URL"):
        client.utils.fetch_blurhash(f"{server.url}/dynamic/{HASH}.blur")


@pytest.mark.parametrize(
    "url",
    ["", "/dynamic/c421f4.blur", "ftp://acme.rokka.io/c421f4.blur", "https://acme.rokka.io/a.jpg"],
)
def test_fetch_blurhash__refuses_another_url(client: RokkaClient, url: str) -> None:
    with pytest.raises(ValueError, match="is no render URL of a BlurHash: write a whole URL"):
        client.utils.fetch_blurhash(url)
