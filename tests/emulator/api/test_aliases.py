from __future__ import annotations

import pytest

from tests.emulator.conftest import Clock, Rokka
from tests.emulator.pictures import encode, halves

LOGO = "/sourceimages/demo/alias/logo"


@pytest.fixture
def hashes(rokka: Rokka) -> list[str]:
    return [str(rokka.upload(encode(halves(width, 9)))["hash"]) for width in (10, 20)]


def test_put__points_and_only_overwrites_when_asked(rokka: Rokka, hashes: list[str]) -> None:
    first, second = hashes
    created = rokka.api("PUT", LOGO, json={"hash": first[:6]})
    refused = rokka.api("PUT", f"{LOGO}?overwrite=false", json={"hash": second})
    moved = rokka.api("PUT", f"{LOGO}?overwrite=true", json={"hash": second})
    assert [answer.status_code for answer in (created, refused, moved)] == [201, 409, 200]
    assert created.json()["hash"] == first
    assert rokka.api("GET", LOGO).json() == {
        "organization": "demo",
        "alias": "logo",
        "hash": second,
        "created": "2026-03-01T12:00:00+00:00",
    }


def test_put__refuses_an_unknown_hash(rokka: Rokka) -> None:
    assert rokka.api("PUT", LOGO, json={"hash": "0" * 40}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"hash": 7}, [], "text"])
def test_put__asks_for_a_hash(rokka: Rokka, body: object) -> None:
    assert rokka.api("PUT", LOGO, json=body).status_code == 400


@pytest.mark.parametrize("name", ["my-logo", "my.logo", "sée"])
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_alias__with_other_characters_is_no_route(rokka: Rokka, method: str, name: str) -> None:
    response = rokka.api(method, f"/sourceimages/demo/alias/{name}", json={"hash": "0" * 40})
    assert response.status_code == 404
    assert "There is no endpoint" in response.json()["error"]["message"]


def test_delete__is_404_the_second_time(rokka: Rokka, hashes: list[str]) -> None:
    rokka.api("PUT", LOGO, json={"hash": hashes[0]})
    answers = [rokka.api("DELETE", LOGO).status_code for _ in range(2)]
    assert answers == [204, 404]


def test_invalidate__has_ten_in_a_sliding_hour(
    rokka: Rokka, hashes: list[str], clock: Clock
) -> None:
    rokka.api("PUT", LOGO, json={"hash": hashes[0]})
    first = clock.now
    for remaining in range(9, -1, -1):
        answer = rokka.api("DELETE", f"{LOGO}/cache")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["X-RateLimit-Limit"] == "10"
        assert answer.headers["X-RateLimit-Remaining"] == str(remaining)
        clock.advance(60)
    spent = rokka.api("DELETE", f"{LOGO}/cache")
    assert spent.status_code == 429
    assert spent.headers["X-RateLimit-Retry-After"] == str(int(first.timestamp()) + 3600)
    assert spent.json()["status"] == "too many requests"
    assert spent.json()["X-RateLimit-Retry-After-readable"] == "2026-03-01T13:00:00+00:00"
    clock.advance(3000)
    assert rokka.api("DELETE", f"{LOGO}/cache").status_code == 200
    assert rokka.api("DELETE", f"{LOGO}/cache").status_code == 429


def test_invalidate__of_an_unknown_alias_spends_nothing(rokka: Rokka) -> None:
    assert rokka.api("DELETE", f"{LOGO}/cache").status_code == 404


@pytest.mark.parametrize(
    "given", ["", "c421f", "C421F4", "g" * 40, "0" * 41, "\u00fc" * 6, "0a1b2c\n"]
)
def test_put__refuses_what_is_no_hash(rokka: Rokka, given: str) -> None:
    response = rokka.api("PUT", LOGO, json={"hash": given})
    assert response.status_code == 400
    message = f"'logo' is {given!r}, must be 6 to 40 of the characters 0-9 and a-f."
    assert message in response.json()["error"]["message"]


def test_put__refuses_half_a_character(rokka: Rokka) -> None:
    response = rokka.api("PUT", LOGO, data=r'{"hash": "\ud800"}')
    assert response.status_code == 400
    assert "must be a JSON object" in response.json()["error"]["message"]
