from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.emulator.api.members import NOBODY, make_member
from tests.emulator.conftest import API_KEY, Clock, Rokka

PATH = "/user/apikeys/token"


def bearer(value: str) -> dict[str, str]:
    return {"Api-Key": "", "Authorization": f"Bearer {value}"}


def get_token(rokka: Rokka, **options: Any) -> str:
    answer = rokka.api("GET", PATH, **options)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def decode(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def encode(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_token__has_the_documented_payload(rokka: Rokka, clock: Clock, method: str) -> None:
    key = rokka.api("GET", "/user/apikeys/current").json()["id"]
    answer = rokka.api(method, PATH).json()
    expected = {
        "id": key,
        "exp": int(clock.now.timestamp()) + 86_400,
        "expt": 86_400,
        "rn": True,
        "ips": ["127.0.0.1"],
    }
    header, payload, _ = answer["token"].split(".")
    assert decode(header) == {"typ": "JWT", "alg": "HS256"}
    assert answer["payload"] == decode(payload) == expected


@pytest.mark.parametrize(
    ("query", "ips", "is_renewable"),
    [
        ("no_ip_protection=true", None, False),
        ("no_ip_protection=true&renewable=true", None, True),
        ("renewable=false", ["127.0.0.1"], False),
        ("ips=192.0.2.0/24,request_ip", ["192.0.2.0/24", "127.0.0.1"], True),
        ("ips=request_ip,192.0.2.1/24", ["127.0.0.1", "192.0.2.1/24"], True),
    ],
)
def test_token__takes_options(
    rokka: Rokka, query: str, ips: list[str] | None, *, is_renewable: bool
) -> None:
    payload = rokka.api("GET", f"{PATH}?expires_in=60&{query}").json()["payload"]
    assert (payload["expt"], payload.get("ips"), payload["rn"]) == (60, ips, is_renewable)


@pytest.mark.parametrize(
    "query",
    [
        "no_ip_protection=true&ips=192.0.2.1",
        "ips=somewhere",
        "ips=10.0.0.0/8",
        "ips=" + ",".join(["192.0.2.1"] * 11),
        "expires_in=0",
        "expires_in=-1",
        "expires_in=soon",
    ],
)
def test_token__refuses_bad_options(rokka: Rokka, query: str) -> None:
    assert rokka.api("GET", f"{PATH}?{query}").status_code == 400


def test_token__opens_what_its_key_opens(rokka: Rokka) -> None:
    member = make_member(rokka, "read")
    token = get_token(rokka, headers=member.headers)
    assert rokka.api("GET", "/stacks/demo", headers=bearer(token)).status_code == 200
    assert rokka.api("DELETE", "/stacks/demo/a", headers=bearer(token)).status_code == 403


def test_token__expires(rokka: Rokka, clock: Clock) -> None:
    token = get_token(rokka, params={"expires_in": 60})
    clock.advance(59)
    assert rokka.api("GET", "/", headers=bearer(token)).status_code == 200
    clock.advance(1)
    answer = rokka.api("GET", "/", headers=bearer(token))
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 401,
        "message": "The token has expired. Get a new one with an API key.",
        "invalid_authentication": True,
    }


def test_token__ends_when_its_key_does(rokka: Rokka, clock: Clock) -> None:
    member = make_member(rokka, "read", expires="2026-03-01T13:00:00+00:00")
    payload = rokka.api("GET", PATH, headers=member.headers).json()["payload"]
    assert payload["exp"] == int(clock.now.timestamp()) + 3600


def test_token__is_bound_to_its_addresses(rokka: Rokka) -> None:
    token = get_token(rokka, params={"ips": "192.0.2.1"})
    assert rokka.api("GET", "/", headers=bearer(token)).status_code == 401


def test_token__ends_with_its_key(rokka: Rokka) -> None:
    made = rokka.api("POST", "/user/apikeys", json={}).json()
    token = get_token(rokka, headers={"Api-Key": made["api_key"]})
    rokka.api("DELETE", f"/user/apikeys/{made['id']}")
    assert rokka.api("GET", "/", headers=bearer(token)).status_code == 401


def test_token__of_another_making_is_refused(rokka: Rokka) -> None:
    header, payload, signature = get_token(rokka).split(".")
    longer = encode({**decode(payload), "exp": 4_000_000_000})
    unsigned = encode({"typ": "JWT", "alg": "none"})
    for token in (
        f"{header}.{longer}.{signature}",
        f"{unsigned}.{payload}.",
        f"{unsigned}.{payload}.{signature}",
        f"{header}.{payload}.{signature[:-1]}",
        "a.b.c",
        "..",
    ):
        assert rokka.api("GET", "/", headers=bearer(token)).status_code == 401


def test_bearer__may_be_a_raw_key(rokka: Rokka) -> None:
    member = make_member(rokka, "read")
    assert rokka.api("GET", "/", headers=bearer(member.api_key)).status_code == 200
    wrong = rokka.api("GET", "/", headers=bearer("wrong"))
    assert (wrong.status_code, wrong.json()["invalid_authentication"]) == (403, True)


def test_api_key__wins_over_a_bearer(rokka: Rokka) -> None:
    token = get_token(rokka)
    good = {"Api-Key": API_KEY, "Authorization": "Bearer a.b.c"}
    assert rokka.api("GET", "/", headers=good).status_code == 200
    bad = {"Api-Key": "wrong", "Authorization": f"Bearer {token}"}
    assert rokka.api("GET", "/", headers=bad).status_code == 403


def test_renewal__keeps_addresses_and_period(rokka: Rokka, clock: Clock) -> None:
    token = get_token(rokka, params={"expires_in": 600, "ips": "127.0.0.0/28"})
    clock.advance(300)
    renewed = rokka.api("GET", PATH, headers=bearer(token)).json()["payload"]
    assert renewed["exp"] == int(clock.now.timestamp()) + 600
    assert renewed["ips"] == ["127.0.0.0/28"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"renewable": "false"}, {}),
        ({"expires_in": "60"}, {"expires_in": "61"}),
        ({}, {"no_ip_protection": "true"}),
    ],
)
def test_renewal__is_refused(rokka: Rokka, first: dict[str, str], second: dict[str, str]) -> None:
    token = get_token(rokka, params=first)
    answer = rokka.api("GET", PATH, params=second, headers=bearer(token))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == 403


def test_token__asks_for_credentials(rokka: Rokka) -> None:
    assert rokka.api("GET", PATH, headers=NOBODY).status_code == 403
