"""What stands at ``/_emulator/...``, and to whom."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
import requests
from werkzeug.test import Client

from django_rokka.emulator import Emulator

from tests.emulator.api.members import make_member
from tests.emulator.conftest import API_KEY, SIGNING_KEY, Rokka
from tests.emulator.pictures import encode, halves

READS = [
    *("", "/icon.svg", "/page.css", "/page.js"),
    *("/overview", "/requests", "/stats", "/faults", "/clock"),
]
HOSTILE = '"><img src=x onerror=alert(1)>.png'


def look(rokka: Rokka, path: str, **headers: str) -> requests.Response:
    """Look as a browser at the same machine does, without a key."""
    return rokka.api("GET", path, headers={"Api-Key": "", **headers})


def port_of(rokka: Rokka) -> str:
    return rokka.server.api_host.rpartition(":")[2]


@pytest.mark.parametrize("path", READS)
def test_reads__need_no_key_at_this_machine(shared_rokka: Rokka, path: str) -> None:
    for host in ("127.0.0.1", "localhost", "LOCALHOST", "127.9.9.9", "[::1]"):
        for port in ("", f":{port_of(shared_rokka)}"):
            assert look(shared_rokka, f"/_emulator{path}", Host=f"{host}{port}").status_code == 200


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8642", "127.0.0.1.evil.example", "localhost.evil.example"),
        *("192.0.2.1", "0.0.0.0", "[2001:db8::1]", "2130706433", "localhost:evil", "a@localhost"),  # noqa: S104, a name
    ],
)
def test_reads__refuse_other_hosts(shared_rokka: Rokka, path: str, host: str) -> None:
    assert look(shared_rokka, f"/_emulator{path}", Host=host).status_code in {400, 403}


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Proto", "Forwarded", "Via", "X-Real-Ip", "Cf-Ray", "True-Client-Ip"]
)
def test_reads__refuse_what_a_proxy_forwards(shared_rokka: Rokka, name: str) -> None:
    answer = look(shared_rokka, "/_emulator/overview", **{name: "127.0.0.1"})
    assert answer.status_code == 403


def test_reads__refuse_clients_elsewhere(emulator: Emulator) -> None:
    for address, status in {"127.0.0.1": 200, "::ffff:127.0.0.1": 200, "192.0.2.7": 403}.items():
        environ = {"REMOTE_ADDR": address}
        answer = ask_in_process(emulator, "/_emulator/overview", environ)
        assert answer == status
    shown = {"REMOTE_ADDR": "192.0.2.7", "HTTP_API_KEY": API_KEY, "HTTP_HOST": "elsewhere"}
    assert ask_in_process(emulator, "/_emulator/overview", shown) == 200


def ask_in_process(emulator: Emulator, path: str, environ: dict[str, str]) -> int:
    return (
        Client(emulator).get(path, environ_base={"HTTP_HOST": "localhost", **environ}).status_code
    )


def test_reads__take_no_key_that_is_wrong(rokka: Rokka) -> None:
    member = make_member(rokka, "admin")
    for path in READS:
        for headers in ({"Api-Key": "wrong"}, member.headers, {"Authorization": "Bearer wrong"}):
            answer = rokka.api("GET", f"/_emulator{path}", headers={"Api-Key": "", **headers})
            assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", "faults"), ("DELETE", "faults"), ("DELETE", "stats")),
        *(("POST", "clock"), ("DELETE", "clock"), ("PUT", "stats"), ("OPTIONS", "stats")),
    ],
)
def test_changes__need_the_emulators_own_key(rokka: Rokka, method: str, path: str) -> None:
    for headers in ({"Api-Key": ""}, {"Api-Key": "wrong"}, make_member(rokka, "admin").headers):
        answer = rokka.api(method, f"/_emulator/{path}", headers=headers, json={})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("PUT", "stats", 405), ("POST", "requests", 405), ("POST", "nothing", 405)),
        *(("GET", "nothing", 404), ("GET", "thumbnails/demo", 404), ("GET", "../etc/passwd", 404)),
        *(("GET", "thumbnails/demo/..%2f..", 404), ("GET", "overview?organization=nobody", 404)),
    ],
)
def test_what_is_not_there__is_refused(
    shared_rokka: Rokka, method: str, path: str, status: int
) -> None:
    assert shared_rokka.api(method, f"/_emulator/{path}").status_code == status


@pytest.mark.parametrize("path", [*READS, "/nothing"])
def test_answers__are_for_their_own_origin_only(shared_rokka: Rokka, path: str) -> None:
    answer = look(shared_rokka, f"/_emulator{path}", Origin="https://evil.example")
    assert not [name for name in answer.headers if name.startswith("Access-Control-")]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_page__is_shown_to_browsers_only(rokka: Rokka) -> None:
    accept = "text/html,application/xhtml+xml,*/*;q=0.8"
    page = look(rokka, "/", Accept=accept)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<title>Local rokka</title>" in page.text
    for kind in ("application/json", "*/*", "text/html;q=0"):
        assert rokka.api("GET", "/", headers={"Accept": kind}).headers["Content-Type"] == (
            "application/json"
        )
    assert rokka.api("HEAD", "/", headers={"Accept": accept}).content == b""
    assert look(rokka, "/", Accept=accept, Host="evil.example").status_code == 403


def read_tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    tags = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Parser().feed(page)
    return tags


def test_page__has_nothing_inline_and_nothing_from_elsewhere(shared_rokka: Rokka) -> None:
    page = look(shared_rokka, "/_emulator").text
    script = look(shared_rokka, "/_emulator/page.js").text
    tags = read_tags(page)
    assert "style" not in {tag for tag, _ in tags}
    assert not [name for _, names in tags for name in names if name.startswith(("on", "style"))]
    assert [names["src"] for tag, names in tags if tag == "script"] == ["/_emulator/page.js"]
    addresses = [names.get("src") or names.get("href") or "" for _, names in tags]
    files = {name.removeprefix("/_emulator") for name in addresses if name.startswith("/")}
    assert files == {"/icon.svg", "/page.css", "/page.js"}
    assert "://" not in page
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert sink not in script


def test_overview__shows_an_organization(rokka: Rokka) -> None:
    rokka.put_stack("thumb", {"operations": [{"name": "grayscale"}], "description": "Grey"})
    image = rokka.upload(encode(halves(40, 20)), name=HOSTILE)
    rokka.api("DELETE", "/stacks/demo/thumb/cache")
    rokka.api("PUT", "/organizations/other", json={"billing_email": "a@example.org"})
    shown = look(rokka, "/_emulator/overview").json()
    assert (shown["organization"], shown["organizations"]) == ("demo", ["demo", "other"])
    assert [(it["hash"], it["name"]) for it in shown["images"]] == [(image["hash"], HOSTILE)]
    assert [(it["name"], it["operations"]) for it in shown["stacks"]] == [("thumb", ["grayscale"])]
    assert {"kind": "stack", "spent": 1, "per_hour": 5} in shown["budgets"]
    assert set(shown) >= {"faults", "requests", "stats", "clock", "total"}
    assert look(rokka, "/_emulator/overview?organization=other").json()["images"] == []


def test_overview__has_no_key(rokka: Rokka, emulator: Emulator) -> None:
    member = make_member(rokka, "write")
    rokka.api("GET", "/stacks/demo", headers=member.headers)
    emulator.faults.add(path="nowhere")
    texts = [look(rokka, f"/_emulator{path}").text for path in READS]
    for secret in (API_KEY, SIGNING_KEY, *member.headers.values()):
        assert not [text for text in texts if secret in text]


def test_thumbnails__are_rendered(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(800, 400)))
    answer = look(rokka, f"/_emulator/thumbnails/demo/{image['hash']}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Cache-Control"].startswith("private")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_thumbnails__of_protected_images_are_refused(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(80, 40)), **{"options[0][protected]": "true"})
    assert image["protected"]
    answer = look(rokka, f"/_emulator/thumbnails/demo/{image['hash']}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (403, "no-store")
    (shown,) = look(rokka, "/_emulator/overview").json()["images"]
    assert shown["protected"]


def test_changes__tell_what_is_allowed(shared_rokka: Rokka) -> None:
    answer = shared_rokka.api("PUT", "/_emulator/clock")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST, DELETE")
    assert answer.json()["error"]["code"] == 405
