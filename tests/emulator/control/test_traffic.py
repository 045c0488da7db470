from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from django_rokka.emulator import Emulator

from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import encode, halves


def stats(rokka: Rokka) -> dict[str, Any]:
    shown: dict[str, Any] = rokka.api("GET", "/_emulator/stats").json()
    return shown


def counts(rokka: Rokka) -> dict[tuple[str, str, str], int]:
    return {
        (item["method"], item["endpoint"], item["status"]): item["count"]
        for item in stats(rokka)["requests"]["by_endpoint"]
    }


def test_requests__are_counted_by_endpoint_and_status(rokka: Rokka, emulator: Emulator) -> None:
    rokka.put_stack("thumb", {"operations": []})
    for name in ("thumb", "thumb", "nothing"):
        rokka.api("GET", f"/stacks/demo/{name}")
    rokka.api("GET", "/nowhere")
    rokka.render("/thumb/0a1b2c.jpg")
    emulator.faults.add(reset_after=0)
    with pytest.raises(requests.ConnectionError):
        rokka.api("GET", "/stacks/demo")
    assert counts(rokka) == {
        ("PUT", "/stacks/<organization>/<name>", "2xx"): 1,
        ("GET", "/stacks/<organization>/<name>", "2xx"): 2,
        ("GET", "/stacks/<organization>/<name>", "4xx"): 1,
        ("GET", "(none)", "4xx"): 1,
        ("GET", "/render/<organization>/...", "4xx"): 1,
        ("GET", "(none)", "broken"): 1,
    }
    assert stats(rokka)["requests"]["total"] == 7


def test_methods__that_are_none_make_no_new_counts(rokka: Rokka) -> None:
    for number in range(5):
        rokka.api(f"X{number}", "/stacks/demo")
    assert counts(rokka) == {("(none)", "(none)", "4xx"): 5}


def test_counts__miss_nothing_with_many_threads(rokka: Rokka) -> None:
    def ask(_number: int) -> None:
        url = f"{rokka.server.api_host}/operations"
        requests.get(url, headers={"Api-Key": API_KEY}, timeout=30)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(80)))
    assert counts(rokka) == {("GET", "/operations", "2xx"): 80}


def test_renders__and_cache_hits_are_counted(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(40, 20)))
    for width in (10, 20, 10, 10):
        rokka.render(f"/dynamic/resize-width-{width}/{image['hash']}.png")
    assert (stats(rokka)["renders"], stats(rokka)["cache_hits"]) == (2, 2)


def test_bytes__of_bodies_are_counted(rokka: Rokka) -> None:
    data = b"%PDF-" + b"x" * 100_000
    image = rokka.upload(data)
    before = stats(rokka)["bytes"]
    assert len(data) < before["in"] < len(data) + 1000
    rokka.api("GET", f"/sourceimages/demo/{image['hash']}/download")
    assert stats(rokka)["bytes"] == {"in": before["in"], "out": before["out"] + len(data)}


def test_connections__are_counted(rokka: Rokka) -> None:
    before = stats(rokka)["connections"]
    assert before == {"accepted": 1, "open": 1}
    with requests.Session() as other:
        other.get(f"{rokka.server.api_host}/operations", timeout=30)
        assert stats(rokka)["connections"] == {"accepted": 2, "open": 2}
    end = time.monotonic() + 10
    while stats(rokka)["connections"]["open"] > 1 and time.monotonic() < end:
        time.sleep(0.01)
    assert stats(rokka)["connections"] == {"accepted": 2, "open": 1}


def test_stats__are_reset(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(40, 20)))
    rokka.render(f"/dynamic/noop/{image['hash']}.png")
    assert rokka.api("DELETE", "/_emulator/stats").json() == {
        "requests": {"total": 0, "by_endpoint": []},
        "connections": {"accepted": 0, "open": 1},
        "bytes": {"in": 0, "out": 0},
        "renders": 0,
        "cache_hits": 0,
    }
    assert rokka.api("GET", "/_emulator/requests").json() == []


def test_last_requests__come_newest_first_and_masked(rokka: Rokka, emulator: Emulator) -> None:
    emulator.faults.add(path="^/stacks", status=503)
    rokka.api("GET", "/stacks/demo?limit=1")
    rokka.render("/thumb/0a1b2c.jpg?sig=0123456789abcdef")
    rokka.api("GET", "/thumb/0a1b2c.jpg", headers={"Host": "demo.localhost:1"})
    shown = rokka.api("GET", "/_emulator/requests").json()
    assert [(it["method"], it["path"], it["status"], it["has_fault"]) for it in shown] == [
        ("GET", "demo.localhost:1/thumb/0a1b2c.jpg", 404, False),
        ("GET", "/render/demo/thumb/0a1b2c.jpg?sig=…", 404, False),
        ("GET", "/stacks/demo?limit=1", 503, True),
    ]
    assert all(it["milliseconds"] >= 0 for it in shown)


def test_last_requests__are_a_hundred(rokka: Rokka) -> None:
    for number in range(103):
        rokka.api("GET", f"/nowhere/{number}")
    shown = rokka.api("GET", "/_emulator/requests").json()
    assert [it["path"] for it in shown] == [f"/nowhere/{number}" for number in range(102, 2, -1)]


def test_control__is_not_counted(rokka: Rokka) -> None:
    for path in ("overview", "stats", "requests", "nothing"):
        rokka.api("GET", f"/_emulator/{path}")
    rokka.api("GET", "/", headers={"Accept": "text/html"})
    assert stats(rokka)["requests"]["total"] == 0
