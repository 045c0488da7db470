from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves

PICTURE = encode(halves(30, 20))


class Site:
    """A site that counts what it is asked for."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[str] = []


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "*")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            counted.asked.append(self.path)
            path, _, query = self.path.partition("?")
            if path == "/to":
                self.send_response(302)
                self.send_header("Location", query)
                self.end_headers()
                return
            self.send_response(200 if path.endswith((".png", ".txt")) else 404)
            self.end_headers()
            self.wfile.write(b"words" if path.endswith(".txt") else PICTURE)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        counted = Site(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield counted
        server.shutdown()
        thread.join()


def allow(rokka: Rokka, **options: Any) -> None:
    answer = rokka.api("PUT", "/organizations/demo/options", json=options)
    assert answer.status_code == 200, answer.text


LOOPBACK = {"remote_fullurl_allow": True, "remote_fullurl_whitelist": [r"^127\.0\.0\.1$"]}


def test_remote__is_fetched_once_and_stored_apart_from_its_twin(rokka: Rokka, site: Site) -> None:
    twin = rokka.upload(PICTURE)
    allow(rokka, **LOOPBACK)
    for name in ("", "/seo-name"):
        path = f"/dynamic/resize-width-15/-{site.url}/folder/a%20pic.png%3Fx=1-{name}.png"
        assert rokka.picture(path).size == (15, 10)
    assert site.asked == ["/folder/a%20pic.png?x=1"]
    items = rokka.api("GET", "/sourceimages/demo").json()["items"]
    (stored,) = [item for item in items if item["hash"] != twin["hash"]]
    assert (stored["binary_hash"], stored["name"]) == (twin["binary_hash"], "a pic.png")


def test_remote__is_fetched_once_by_many(rokka: Rokka, site: Site) -> None:
    allow(rokka, **LOOPBACK)
    path = f"/dynamic/-{site.url}/a.png-.jpg"

    def ask(_: int) -> int:
        client = Rokka(rokka.server)
        status = client.render(path).status_code
        client.close()
        return status

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(6))) == [200] * 6
    assert site.asked == ["/a.png"]


def test_remote__tolerates_one_slash_of_two(rokka: Rokka, site: Site) -> None:
    allow(rokka, **LOOPBACK)
    url = f"{site.url}/a.png".replace("://", ":/")
    assert rokka.picture(f"/dynamic/-{url}-.jpg").size == (30, 20)


@pytest.mark.parametrize("base", ["{site}/pictures", "{site}/pictures/"])
def test_remote__path_is_below_the_base_of_organization_or_stack(
    rokka: Rokka, site: Site, base: str
) -> None:
    rokka.put_stack("local", {"options": {"remote_basepath": base.format(site=site.url)}})
    assert rokka.picture("/local/-2017/06/a.png-/seo.jpg").size == (30, 20)
    assert rokka.render("/dynamic/-2017/06/b.png-.jpg").status_code == 403
    allow(rokka, remote_basepath=f"{site.url}/others")
    assert rokka.picture("/dynamic/-2017/06/b.png-.jpg").size == (30, 20)
    assert site.asked == ["/pictures/2017/06/a.png", "/others/2017/06/b.png"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({}, "/dynamic/-{site}/a.png-.jpg"),
        ({}, "/dynamic/o-remote_fullurl_allow-true/-{site}/a.png-.jpg"),
        ({"remote_fullurl_allow": False}, "/dynamic/-{site}/a.png-.jpg"),
        # Of a private network only what the whitelist names.
        ({"remote_fullurl_allow": True}, "/dynamic/-{site}/a.png-.jpg"),
        (
            {"remote_fullurl_allow": True, "remote_fullurl_whitelist": ["example[.]com$"]},
            "/dynamic/-{site}/a.png-.jpg",
        ),
        ({"remote_basepath": "{site}/pictures"}, "/dynamic/-../secrets/a.png-.jpg"),
        ({"remote_basepath": "{site}/pictures"}, "/dynamic/-%2e%2e%5ca.png-.jpg"),
        (LOOPBACK, "/dynamic/-{site}/to%3Fhttp://localhost:1/a.png-.jpg"),
        (
            {"remote_fullurl_allow": True, "remote_fullurl_whitelist": ["^pictures[.]example$"]},
            "/dynamic/-http://127.0.0.1:1/a.png-.jpg",
        ),
    ],
)
def test_remote__is_refused_unless_allowed(
    rokka: Rokka, site: Site, options: dict[str, Any], path: str
) -> None:
    named = {
        name: value.replace("{site}", site.url) if isinstance(value, str) else value
        for name, value in options.items()
    }
    allow(rokka, **named)
    answer = rokka.render(path.format(site=site.url))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (403, "no-store")
    assert [asked for asked in site.asked if not asked.startswith("/to")] == []


@pytest.mark.parametrize("path", ["a.jpg", "words.txt", "to%3Ffile:///etc/hosts"])
def test_remote__that_cannot_be_had_is_404(rokka: Rokka, site: Site, path: str) -> None:
    allow(rokka, **LOOPBACK)
    answer = rokka.render(f"/dynamic/-{site.url}/{path}-.jpg")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    assert "cannot be had" in answer.json()["error"]["message"]
    assert rokka.api("GET", "/sourceimages/demo").json()["total"] == 0


def test_remote__still_of_a_video_is_missing(rokka: Rokka, site: Site) -> None:
    allow(rokka, **LOOPBACK)
    answer = rokka.render(f"/dynamic/-{site.url}/clip.mp4@00:00:22-.jpg")
    assert answer.status_code == 501


def test_remote__own_renders_are_always_allowed(rokka: Rokka, site: Site) -> None:
    digest = rokka.upload(PICTURE)["hash"]
    inner = f"{rokka.server.render_host}/dynamic/resize-width-10/{digest}.png"
    assert rokka.picture(f"/dynamic/-{inner}-.png").size == (10, 7)
    elsewhere = inner.replace("/render/demo/", "/render/another/")
    assert rokka.render(f"/dynamic/-{elsewhere}-.png").status_code == 403


def test_remote__deleted_copy_stays_away(rokka: Rokka, site: Site) -> None:
    allow(rokka, **LOOPBACK)
    path = f"/dynamic/-{site.url}/a.png-.jpg"
    assert rokka.render(path).status_code == 200
    (stored,) = rokka.api("GET", "/sourceimages/demo").json()["items"]
    rokka.api("DELETE", f"/sourceimages/demo/{stored['hash']}")
    assert rokka.render(path).status_code == 404
    assert len(site.asked) == 1


def test_remote__of_a_protected_stack_is_not_fetched_without_a_signature(
    rokka: Rokka, site: Site
) -> None:
    options = {"protected": True, "remote_basepath": site.url}
    rokka.put_stack("closed", {"options": options})
    assert rokka.render("/closed/-a.png-.jpg").status_code == 403
    assert site.asked == []


@pytest.mark.parametrize("host", ["127%252e0.0.1", "127.0.0.1%2500", "local%2568ost"])
def test_remote__host_is_not_decoded_again(rokka: Rokka, site: Site, host: str) -> None:
    allow(rokka, remote_fullurl_allow=True)
    port = site.url.rpartition(":")[2]
    answer = rokka.render(f"/dynamic/-http://{host}:{port}/a.png-.jpg")
    assert (answer.status_code, site.asked) == (400, [])


def test_remote__asks_the_address_that_was_checked(
    rokka: Rokka, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, connect = socket.getaddrinfo, socket.socket.connect
    addresses, asked = ["8.8.8.8", "127.0.0.1"], []

    def rebind(host: Any, *arguments: Any, **options: Any) -> Any:
        found = addresses.pop(0) if host == "rebind.example" else host
        return look_up(found, *arguments, **options)

    def refuse(self: socket.socket, place: Any) -> None:
        if place[0] == "8.8.8.8":
            asked.append(place)
            raise ConnectionRefusedError("nothing is there")
        connect(self, place)

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    allow(rokka, remote_fullurl_allow=True)
    port = int(site.url.rpartition(":")[2])
    answer = rokka.render(f"/dynamic/-http://rebind.example:{port}/a.png-.jpg")
    assert (answer.status_code, site.asked, asked) == (404, [], [("8.8.8.8", port)])


@pytest.mark.parametrize(
    "options",
    [LOOPBACK, {"remote_basepath": "{site}"}],
)
def test_remote__private_address_is_not_for_guests(
    rokka: Rokka, site: Site, options: dict[str, Any]
) -> None:
    body = {"email": "ada@example.com", "organization": "acme"}
    key = rokka.api("POST", "/users", json=body).json()["api_key"]
    named = {
        name: value.format(site=site.url) if isinstance(value, str) else value
        for name, value in options.items()
    }
    path = "/organizations/acme/options"
    answer = rokka.api("PUT", path, json=named, headers={"Api-Key": key})
    assert answer.status_code == 200, answer.text
    name = "a.png" if "remote_basepath" in options else f"{site.url}/a.png"
    url = f"/render/acme/dynamic/-{name}-.jpg"
    answer = rokka.api("GET", url)
    assert (answer.status_code, site.asked) == (403, [])
    assert "start the emulator with --private-networks" in answer.json()["error"]["message"]
