from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from django_rokka.emulator import Emulator

from tests.emulator.api.members import make_member
from tests.emulator.conftest import API_KEY, Clock, Rokka

ALL = "/user/apikeys"


def test_create__shows_the_value_once(rokka: Rokka, emulator: Emulator) -> None:
    member = make_member(rokka, "write")
    answer = rokka.api("POST", ALL, json={"comment": "the second"}, headers=member.headers)
    made = answer.json()
    value = made.pop("api_key")
    assert answer.status_code == 201
    assert made == {
        "id": made["id"],
        "comment": "the second",
        "created": "2026-03-01T12:00:00+00:00",
    }
    keys = rokka.api("GET", ALL, headers=member.headers).json()
    assert keys[1] == made
    assert value[:32] == member.api_key[:32]
    current = rokka.api("GET", f"{ALL}/current", headers={"Api-Key": value}).json()
    assert current == {**made, "accessed": "2026-03-01T12:00:00+00:00"}
    with sqlite3.connect(emulator.root / "rokka.sqlite3") as connection:
        assert value not in "".join(connection.iterdump())
    connection.close()


def test_create__needs_no_body(rokka: Rokka) -> None:
    assert rokka.api("POST", ALL).status_code == 201


@pytest.mark.parametrize("is_root", [False, True])
def test_create__allows_five(rokka: Rokka, *, is_root: bool) -> None:
    headers = {"Api-Key": API_KEY} if is_root else make_member(rokka, "write").headers
    answers = [rokka.api("POST", ALL, json={}, headers=headers).status_code for _ in range(5)]
    assert answers == [201] * 4 + [400]
    assert len(rokka.api("GET", ALL, headers=headers).json()) == 5


def test_delete__takes_the_key_away(rokka: Rokka) -> None:
    made = rokka.api("POST", ALL, json={}).json()
    answers = [rokka.api("DELETE", f"{ALL}/{made['id']}").status_code for _ in range(2)]
    assert answers == [204, 404]
    answer = rokka.api("GET", "/", headers={"Api-Key": made["api_key"]})
    assert (answer.status_code, answer.json()["invalid_authentication"]) == (403, True)


def test_delete__spares_the_key_in_use_and_those_of_others(rokka: Rokka) -> None:
    member, other = make_member(rokka, "write"), make_member(rokka, "write")
    mine = rokka.api("GET", f"{ALL}/current", headers=member.headers).json()["id"]
    assert rokka.api("DELETE", f"{ALL}/{mine}", headers=member.headers).status_code == 409
    assert rokka.api("DELETE", f"{ALL}/{mine}", headers=other.headers).status_code == 404


def test_roots_own_key__stays_as_it_is(rokka: Rokka) -> None:
    made = rokka.api("POST", ALL, json={}).json()
    own = rokka.api("GET", f"{ALL}/current").json()["id"]
    headers = {"Api-Key": made["api_key"]}
    assert rokka.api("DELETE", f"{ALL}/{own}", headers=headers).status_code == 409
    assert rokka.api("PATCH", f"{ALL}/{own}", json={}, headers=headers).status_code == 409
    assert rokka.api("GET", "/stacks/demo", headers=headers).status_code == 200


def test_read_only_user__needs_a_trusted_key(rokka: Rokka) -> None:
    plain, trusted = make_member(rokka, "read"), make_member(rokka, "read", trusted=True)
    answer = rokka.api("GET", ALL, headers=plain.headers)
    assert answer.status_code == 403
    assert "invalid_authentication" not in answer.json()
    assert rokka.api("GET", ALL, headers=trusted.headers).json()[0]["trusted"] is True


def test_change__sets_and_takes_away_restrictions(rokka: Rokka) -> None:
    made = rokka.api("POST", ALL, json={"comment": "one", "trusted": True}).json()
    path = f"{ALL}/{made['id']}"
    expires = "2026-03-02T12:00:00Z"
    changed = rokka.api("PATCH", path, json={"expires": expires, "allowed_ips": ["192.0.2.0/24"]})
    assert changed.status_code == 200
    assert changed.json()["expires"] == "2026-03-02T12:00:00+00:00"
    body = {"comment": "two", "expires": None, "allowed_ips": None, "trusted": False}
    kept = {"id": made["id"], "comment": "two", "created": made["created"]}
    assert rokka.api("PATCH", path, json=body).json() == {
        **kept,
        "requires_mfa": False,
        "totp_state": "none",
        "trusted": False,
        "allowed_ips": [],
        "expires": None,
    }
    assert rokka.api("GET", ALL).json()[-1] == kept


def test_change__locks_out_by_force_alone(rokka: Rokka) -> None:
    member = make_member(rokka, "write")
    mine = rokka.api("GET", f"{ALL}/current", headers=member.headers).json()["id"]
    options = {"json": {"allowed_ips": ["192.0.2.1"]}, "headers": member.headers}
    assert rokka.api("PATCH", f"{ALL}/{mine}", **options).status_code == 400
    assert rokka.api("PATCH", f"{ALL}/{mine}?force=true", **options).status_code == 200
    answer = rokka.api("GET", "/user", headers=member.headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "ip_not_allowed")


def test_change__keeps_the_last_trusted_key(rokka: Rokka) -> None:
    member = make_member(rokka, "read", trusted=True)
    mine = rokka.api("GET", f"{ALL}/current", headers=member.headers).json()["id"]
    options = {"json": {"trusted": False}, "headers": member.headers}
    assert rokka.api("PATCH", f"{ALL}/{mine}", **options).status_code == 400
    made = rokka.api("POST", ALL, json={"trusted": True}, headers=member.headers).json()
    assert rokka.api("PATCH", f"{ALL}/{mine}", **options).status_code == 200
    assert rokka.api("GET", ALL, headers=member.headers).status_code == 403
    options["headers"] = {"Api-Key": made["api_key"]}
    assert rokka.api("PATCH", f"{ALL}/{made['id']}", **options).status_code == 400
    assert rokka.api("PATCH", f"{ALL}/{made['id']}?force=true", **options).status_code == 200


def test_key__expires(rokka: Rokka, clock: Clock) -> None:
    member = make_member(rokka, "write", expires="2026-03-01T13:00:00+00:00")
    assert rokka.api("GET", "/stacks/demo", headers=member.headers).status_code == 200
    clock.advance(3600)
    answer = rokka.api("GET", "/stacks/demo", headers=member.headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "key_expired")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"comment": 3}, 400),
        ({"loud": True}, 400),
        ({"trusted": "yes"}, 400),
        ({"expires": "soon"}, 400),
        ({"allowed_ips": "192.0.2.1"}, 400),
        ({"allowed_ips": ["somewhere"]}, 400),
        ({"allowed_ips": ["192.0.2.1"] * 11}, 400),
        ({"allowed_ips": ["10.0.0.0/8"]}, 400),
        ({"allowed_ips": ["2001:db8::/64"]}, 400),
        ({"requires_mfa": True}, 201),
        ({"expires": None}, 400),
        ({"allowed_ips": None}, 400),
        ({"expires": "2026-03-01T12:00:00Z"}, 400),
        ({"expires": "2026-03-01T12:00:01Z"}, 201),
        ({"requires_mfa": False, "allowed_ips": ["127.0.0.1", "2001:db8::1"]}, 201),
    ],
)
def test_settings__are_checked(rokka: Rokka, body: object, status: int) -> None:
    assert rokka.api("POST", ALL, json=body).status_code == status


@pytest.mark.parametrize(
    ("limits", "asked", "made"),
    [
        ({"expires": "2027-01-01T00:00:00+00:00"}, {}, {"expires": "2027-01-01T00:00:00+00:00"}),
        (
            {"expires": "2027-01-01T00:00:00+00:00"},
            {"expires": "2028-01-01T00:00:00+00:00"},
            {"expires": "2027-01-01T00:00:00+00:00"},
        ),
        (
            {"expires": "2027-01-01T00:00:00+00:00"},
            {"expires": "2026-06-01T00:00:00+00:00"},
            {"expires": "2026-06-01T00:00:00+00:00"},
        ),
        ({"allowed_ips": ["127.0.0.0/24"]}, {}, {"allowed_ips": ["127.0.0.0/24"]}),
        (
            {"allowed_ips": ["127.0.0.0/24"]},
            {"allowed_ips": ["127.0.0.1"]},
            {"allowed_ips": ["127.0.0.1"]},
        ),
        ({"allowed_ips": ["127.0.0.0/24"]}, {"allowed_ips": ["127.0.0.0/23"]}, None),
    ],
)
def test_new_key__has_the_limits_of_the_key_that_makes_it(
    rokka: Rokka, limits: dict[str, Any], asked: dict[str, Any], made: dict[str, Any] | None
) -> None:
    member = make_member(rokka, "write", **limits)
    answer = rokka.api("POST", "/user/apikeys", json=asked, headers=member.headers)
    assert answer.status_code == (201 if made else 403), answer.text
    if made is not None:
        assert {name: answer.json().get(name) for name in ("expires", "allowed_ips")} == {
            "expires": None,
            "allowed_ips": None,
            **made,
        }


def test_new_key__is_bound_to_the_addresses_of_the_token_that_makes_it(rokka: Rokka) -> None:
    member = make_member(rokka, "write")
    path = "/user/apikeys/token"
    token = rokka.api("POST", path, headers=member.headers).json()["token"]
    headers = {"Api-Key": "", "Authorization": f"Bearer {token}"}
    key = rokka.api("POST", "/user/apikeys", json={}, headers=headers).json()
    assert key["allowed_ips"] == ["127.0.0.1"]
