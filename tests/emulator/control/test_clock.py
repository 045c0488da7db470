from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from django_rokka.emulator import Emulator

from tests.emulator.conftest import Clock, Rokka
from tests.emulator.pictures import encode, halves

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)


def spend(rokka: Rokka) -> int:
    return rokka.api("DELETE", "/stacks/demo/thumb/cache").status_code


def test_advance__gives_a_budget_back(rokka: Rokka) -> None:
    rokka.put_stack("thumb", {"operations": []})
    assert [spend(rokka) for _ in range(6)] == [200] * 5 + [429]
    rokka.api("POST", "/_emulator/clock", json={"advance": 3599})
    assert spend(rokka) == 429
    rokka.api("POST", "/_emulator/clock", json={"advance": 1.5})
    assert spend(rokka) == 200


def test_advance__ends_the_time_to_restore(rokka: Rokka, emulator: Emulator) -> None:
    path = f"/sourceimages/demo/{rokka.upload(encode(halves(20, 10)))['hash']}"
    rokka.api("DELETE", path)
    emulator.clock.advance(29 * 86_400)
    assert rokka.api("POST", f"{path}/restore").status_code == 200
    rokka.api("DELETE", path)
    emulator.clock.advance(31 * 86_400)
    assert rokka.api("POST", f"{path}/restore").status_code == 404


def test_advance__lets_tokens_expire(rokka: Rokka) -> None:
    token = rokka.api("GET", "/user/apikeys/token?expires_in=60").json()["token"]
    headers = {"Api-Key": "", "Authorization": f"Bearer {token}"}
    assert rokka.api("GET", "/stacks/demo", headers=headers).status_code == 200
    rokka.api("POST", "/_emulator/clock", json={"advance": 61})
    assert rokka.api("GET", "/stacks/demo", headers=headers).status_code == 401


def test_set_clock__goes_on_from_there(emulator: Emulator, clock: Clock) -> None:
    emulator.clock.set(NEW_YEAR)
    clock.advance(5)
    assert emulator.clock.now() == NEW_YEAR + timedelta(seconds=5)
    emulator.clock.advance(-10)
    assert emulator.clock.now() == NEW_YEAR - timedelta(seconds=5)


def test_set_clock__dates_what_is_made(rokka: Rokka) -> None:
    shown = rokka.api("POST", "/_emulator/clock", json={"now": "2026-01-01T01:00:00+01:00"})
    assert shown.json()["now"] == "2026-01-01T00:00:00+00:00"
    assert rokka.upload(encode(halves(20, 10)))["created"] == "2026-01-01T00:00:00+00:00"
    zulu = rokka.api("POST", "/_emulator/clock", json={"now": "2027-01-01T00:00:00Z"})
    assert zulu.json()["now"] == "2027-01-01T00:00:00+00:00"


def test_reset__shows_the_time_of_the_base(rokka: Rokka, clock: Clock) -> None:
    rokka.api("POST", "/_emulator/clock", json={"advance": 100})
    assert rokka.api("GET", "/_emulator/clock").json()["moved_by"] == 100
    assert rokka.api("DELETE", "/_emulator/clock").json() == {
        "now": clock.now.isoformat(),
        "moved_by": 0,
    }


@pytest.mark.parametrize(
    "body",
    [
        *({}, [], "text", {"advance": 1, "now": "2026-01-01T00:00:00Z"}, {"forward": 1}),
        *({"advance": "1"}, {"advance": True}, {"advance": None}, {"advance": 1e300}),
        *({"advance": 1e12}, {"advance": -1e12}, {"advance": 10**400}),
        *({"now": "yesterday"}, {"now": 5}, {"now": "2026-01-01T00:00:00"}),
        *({"now": "9999-12-31T23:59:59Z"}, {"now": "0001-01-01T00:00:00Z"}),
    ],
)
def test_clock__takes_only_what_is_a_time(shared_rokka: Rokka, body: object) -> None:
    answer = shared_rokka.api("POST", "/_emulator/clock", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert shared_rokka.api("GET", "/_emulator/clock").json()["moved_by"] == 0
