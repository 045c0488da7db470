"""Authenticator apps: the codes are computed here, from RFC 6238."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.emulator.api.members import Member, make_member
from tests.emulator.conftest import Clock, Rokka

SETUP = "/user/mfa/totp"
TOKEN = "/user/apikeys/token"


def code_of(secret: str, at: float) -> str:
    message = struct.pack(">Q", int(at) // 30)
    digest = hmac.new(base64.b32decode(secret), message, hashlib.sha1).digest()
    offset = digest[19] & 15
    return str((struct.unpack(">I", digest[offset : offset + 4])[0] & 2**31 - 1) % 1000000).zfill(6)


def test_code_of__is_that_of_the_rfc() -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert [code_of(secret, at) for at in (59, 1111111109, 20000000000)] == [
        *("287082", "081804", "353130"),
    ]


class App:
    """A user with a key, and an authenticator app."""

    def __init__(self, rokka: Rokka, clock: Clock, member: Member) -> None:
        self.rokka = rokka
        self.clock = clock
        self.headers = member.headers
        self.secret = ""

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.rokka.api(method, path, **{"headers": self.headers, **options})

    def code(self, *, later: float = 0) -> str:
        return code_of(self.secret, self.clock.now.timestamp() + later)

    def begin(self) -> dict[str, Any]:
        answer = self.ask("POST", SETUP)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()
        self.secret = data["secret"]
        return data

    def set_up(self) -> None:
        self.begin()
        answer = self.ask("POST", f"{SETUP}/confirm", json={"totp": self.code()})
        assert answer.status_code == 200, answer.text
        self.clock.advance(30)

    def protect(self) -> None:
        mine = self.ask("GET", "/user/apikeys/current").json()["id"]
        answer = self.ask("PATCH", f"/user/apikeys/{mine}", json={"requires_mfa": True})
        assert answer.json()["totp_state"] == "active"

    def state(self) -> Any:
        return self.ask("GET", SETUP).json()["state"]

    def token(self, code: str, query: str = "") -> requests.Response:
        return self.ask("POST", f"{TOKEN}{query}", json={"totp": code})


@pytest.fixture
def app(rokka: Rokka, clock: Clock) -> App:
    return App(rokka, clock, make_member(rokka, "write"))


def refusal(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()["error"]


def test_setup__is_pending_until_the_first_code(app: App) -> None:
    assert app.ask("GET", SETUP).json() == {"state": "none"}
    begun = app.begin()
    uri = urlsplit(begun.pop("provisioning_uri"))
    assert begun == {"state": "pending", "secret": app.secret}
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert parse_qs(uri.query)["secret"] == [app.secret]
    assert app.state() == "pending"
    answer = app.ask("POST", f"{SETUP}/confirm", json={"totp": app.code()})
    confirmed = {"state": "active", "confirmed": "2026-03-01T12:00:00+00:00"}
    assert (answer.json(), app.ask("GET", SETUP).json()) == (confirmed, confirmed)


def test_setup__begins_anew_until_it_is_active(app: App) -> None:
    first = app.begin()["secret"]
    assert app.begin()["secret"] != first
    answer = app.ask("POST", f"{SETUP}/confirm", json={"totp": code_of(first, 1772366400)})
    assert refusal(answer) == (401, "totp_invalid")
    assert app.ask("POST", f"{SETUP}/confirm", json={"totp": app.code()}).status_code == 200
    assert app.ask("POST", SETUP).status_code == 409
    assert app.ask("POST", f"{SETUP}/confirm", json={"totp": app.code()}).status_code == 409


def test_protected_key__is_good_for_a_token_and_nothing_else(app: App) -> None:
    app.set_up()
    app.protect()
    code = app.code()
    refused = [
        app.ask("GET", "/stacks/demo"),
        app.ask("GET", SETUP),
        app.ask("GET", TOKEN),
        app.ask("POST", f"{TOKEN}?totp={code}", json={"totp": code}),
        app.ask("GET", f"{TOKEN}?totp={code}"),
    ]
    assert {refusal(answer) for answer in refused} == {(401, "mfa_required")}
    assert all(answer.json()["invalid_authentication"] for answer in refused)
    answer = app.token(code, "?expires_in=60").json()
    assert (answer["payload"]["mfa"], answer["payload"]["expt"]) == (True, 60)
    bearer = {"Api-Key": "", "Authorization": f"Bearer {answer['token']}"}
    assert app.ask("GET", "/stacks/demo", headers=bearer).status_code == 200
    renewed = app.ask("GET", TOKEN, headers=bearer).json()
    assert renewed["payload"]["mfa"] is True


def test_tokens__of_a_key_that_is_protected_later_end(app: App) -> None:
    app.set_up()
    token = app.ask("GET", TOKEN).json()
    assert "mfa" not in token["payload"]
    bearer = {"Api-Key": "", "Authorization": f"Bearer {token['token']}"}
    assert app.ask("GET", "/stacks/demo", headers=bearer).status_code == 200
    app.protect()
    assert refusal(app.ask("GET", "/stacks/demo", headers=bearer)) == (401, "mfa_required")


def test_code__is_good_once_and_by_a_clock_that_is_a_little_off(app: App) -> None:
    app.set_up()
    app.protect()
    early = app.code(later=30)
    assert app.token(app.code(later=-90)).status_code == 401
    assert app.token(app.code(later=60)).status_code == 401
    assert app.token(early).status_code == 200
    assert refusal(app.token(early)) == (401, "totp_invalid")
    # What came before the last one is over, too.
    assert refusal(app.token(app.code())) == (401, "totp_invalid")


def test_first_code__is_good_for_a_token_as_well(app: App) -> None:
    app.set_up()
    app.clock.advance(-30)
    app.protect()
    assert app.token(app.code()).status_code == 200


@pytest.mark.parametrize("body", [{}, {"totp": ""}, {"totp": 123456}, {"totp": "é"}, [], "1234567"])
def test_token__without_a_code_is_refused(app: App, body: object) -> None:
    app.set_up()
    app.protect()
    assert refusal(app.ask("POST", TOKEN, json=body)) == (401, "totp_invalid")


def test_wrong_codes__are_limited_for_a_while(app: App) -> None:
    app.set_up()
    app.protect()
    wrong = str((int(app.code()) + 1) % 1000000).zfill(6)
    assert [app.token(wrong).status_code for _ in range(6)] == [401] * 5 + [429]
    assert refusal(app.token(app.code())) == (429, "totp_rate_limited")
    app.clock.advance(301)
    assert app.token(app.code()).status_code == 200


def test_wrong_codes__are_not_forgotten_by_beginning_anew(app: App) -> None:
    app.begin()
    for _ in range(5):
        app.ask("POST", f"{SETUP}/confirm", json={"totp": "no"})
    app.begin()
    answer = app.ask("POST", f"{SETUP}/confirm", json={"totp": app.code()})
    assert refusal(answer) == (429, "totp_rate_limited")


def test_end__takes_the_demand_from_all_keys(app: App) -> None:
    app.set_up()
    made = app.ask("POST", "/user/apikeys", json={"requires_mfa": True, "trusted": True}).json()
    assert refusal(app.ask("DELETE", SETUP, json={"totp": "000"})) == (401, "totp_invalid")
    assert app.ask("DELETE", SETUP, json={"totp": app.code()}).status_code == 204
    assert app.state() == "none"
    keys = {key["id"]: key for key in app.ask("GET", "/user/apikeys").json()}
    assert (keys[made["id"]].get("requires_mfa"), keys[made["id"]]["trusted"]) == (None, True)
    assert app.ask("DELETE", SETUP, json={"totp": app.code()}).status_code == 409


def test_key__may_be_protected_before_there_is_an_app(rokka: Rokka, clock: Clock) -> None:
    app = App(rokka, clock, make_member(rokka, "write", requires_mfa=True))
    for path in ("/stacks/demo", "/user", TOKEN):
        assert refusal(app.ask("GET", path)) == (401, "mfa_enrollment_required")
    app.set_up()
    assert refusal(app.ask("GET", "/stacks/demo")) == (401, "mfa_required")
    assert app.token(app.code()).status_code == 200


@pytest.mark.parametrize(("is_trusted", "status"), [(False, 400), (True, 201)])
def test_read_only_user__cannot_be_locked_out(
    rokka: Rokka, *, is_trusted: bool, status: int
) -> None:
    body = {"roles": ["read"], "api_key": {"requires_mfa": True, "trusted": is_trusted}}
    answer = rokka.api("POST", "/organizations/demo/memberships", json=body)
    assert answer.status_code == status


def test_read_only_user__has_no_app(rokka: Rokka, clock: Clock) -> None:
    app = App(rokka, clock, make_member(rokka, "upload"))
    for method, rest in (("GET", ""), ("POST", ""), ("DELETE", ""), ("POST", "/confirm")):
        assert app.ask(method, f"{SETUP}{rest}", json={"totp": "1"}).status_code == 403


def test_apps__are_of_one_user(rokka: Rokka, clock: Clock, app: App) -> None:
    app.set_up()
    other = App(rokka, clock, make_member(rokka, "write"))
    assert other.state() == "none"
    other.begin()
    answer = other.ask("POST", f"{SETUP}/confirm", json={"totp": app.code()})
    assert refusal(answer) == (401, "totp_invalid")
