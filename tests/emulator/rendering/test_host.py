from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.conftest import API_KEY, SIGNING_KEY, Rokka
from tests.emulator.pictures import encode, halves


class Answer(NamedTuple):
    status: int
    location: str | None
    cache: str | None


def get(url: str, method: str) -> Answer:
    """Ask byte by byte, where requests would encode again, and follow nothing."""
    host = urlsplit(url).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.putrequest(method, url.partition(host)[2])
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        return Answer(
            answer.status, answer.getheader("Location"), answer.getheader("Cache-Control")
        )
    finally:
        connection.close()


@pytest.fixture
def rokka(tmp_path: Path) -> Iterator[Rokka]:
    emulator = Emulator(
        root=tmp_path,
        api_key=API_KEY,
        signing_key=SIGNING_KEY,
        redirect_missing="https://{organization}.example.com/",
    )
    with EmulatorServer(emulator) as server:
        client = Rokka(server)
        yield client
        client.close()


def ask(rokka: Rokka, path: str, method: str = "GET") -> Answer:
    return get(f"{rokka.server.render_host}{path}", method)


@pytest.mark.parametrize(
    "path",
    [
        "/dynamic/resize-width-9/0a1b2c.jpg",
        "/unknown/0a1b2c/name.png?v=%7B%22w%22:1%7D&sig=0123456789abcdef",
        '/unknown/-_logo_-.png?v={"w":1}&sigopts={"until":"2050"}&sig=0123456789abcdef',
        "/_iiif/0a1b2c/info.json",
        "/dynamic//0a1b2c.png?x=//evil.example",
    ],
)
def test_redirect__of_what_is_not_here_keeps_path_and_query(rokka: Rokka, path: str) -> None:
    for method in ("GET", "HEAD"):
        status, location, cache = ask(rokka, path, method)
        assert (status, location) == (302, f"https://demo.example.com{path}")
        assert cache == "no-store"


def test_redirect__is_not_for_what_is_here_or_was(rokka: Rokka) -> None:
    digest = rokka.upload(encode(halves(60, 40)))["hash"]
    rokka.api("PUT", "/sourceimages/demo/alias/logo", json={"hash": digest})
    assert ask(rokka, f"/dynamic/{digest}.png")[0] == 200
    assert ask(rokka, f"/unknown/{digest}.png")[0] == 404
    rokka.api("DELETE", f"/sourceimages/demo/{digest}")
    # What somebody deleted here is wanted nowhere.
    assert ask(rokka, f"/dynamic/{digest}.png")[0] == 404
    assert ask(rokka, "/dynamic/-_logo_-.png")[0] == 404


def test_redirect__is_for_images_of_known_organizations_only(rokka: Rokka) -> None:
    for path in ("//evil.example/x", "/nothing", "/_albums/x/all.json"):
        assert ask(rokka, path)[0] in {200, 400}
    unknown = rokka.server.render_host.replace("/demo", "/nobody")
    assert get(f"{unknown}/dynamic/0a1b2c.png", "GET")[0] == 404
