from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.api.members import NOBODY
from tests.emulator.conftest import Clock, Rokka
from tests.emulator.pictures import encode, halves

DAY = 86_400


def point(day: str, value: int, unit: str | None = "Bytes") -> dict[str, Any]:
    return {"timestamp": f"{day}T00:00:00+00:00", "value": value, "unit": unit}


def test_stats__count_what_was_stored_each_day(rokka: Rokka, clock: Clock) -> None:
    first, second = encode(halves(20, 10)), encode(halves(30, 10))
    digest = rokka.upload(first)["hash"]
    clock.advance(DAY)
    rokka.upload(second)
    clock.advance(DAY)
    rokka.api("DELETE", f"/sourceimages/demo/{digest}")
    answer = rokka.api("GET", "/stats/demo?from=2026-02-28&to=2026-03-03")
    assert answer.json() == {
        "space_in_bytes": [
            point("2026-03-03", len(second)),
            point("2026-03-02", len(first) + len(second)),
            point("2026-03-01", len(first)),
            point("2026-02-28", 0),
        ],
        "number_of_files": [
            point("2026-03-03", 1, None),
            point("2026-03-02", 2, None),
            point("2026-03-01", 1, None),
            point("2026-02-28", 0, None),
        ],
        "bytes_downloaded": [point(f"2026-03-0{day}", 0) for day in (3, 2, 1)]
        + [point("2026-02-28", 0)],
        "bytes_downloaded_external": [point(f"2026-03-0{day}", 0) for day in (3, 2, 1)]
        + [point("2026-02-28", 0)],
    }


@pytest.mark.parametrize("query", ["", "?from&to"])
def test_stats__are_of_the_last_thirty_days(rokka: Rokka, query: str) -> None:
    days = rokka.api("GET", f"/stats/demo{query}").json()["number_of_files"]
    assert len(days) == 30
    assert days[0]["timestamp"] == "2026-03-01T00:00:00+00:00"


def test_stats__begin_with_the_first_day_there_is(rokka: Rokka) -> None:
    days = rokka.api("GET", "/stats/demo?to=0001-01-10").json()["number_of_files"]
    assert [days[0], days[-1]] == [point("0001-01-10", 0, None), point("0001-01-01", 0, None)]


@pytest.mark.parametrize(
    "query", ["from=soon", "from=2026-03-02&to=2026-03-01", "from=1900-01-01", "to=2026-13-01"]
)
def test_stats__refuse_bad_dates(rokka: Rokka, query: str) -> None:
    assert rokka.api("GET", f"/stats/demo?{query}").status_code == 400


def test_savings__are_missing_for_everybody(rokka: Rokka) -> None:
    answer = rokka.api("GET", "/savings", headers=NOBODY)
    assert answer.status_code == 501
    assert "savings" in answer.json()["error"]["message"]


def test_billing__is_missing(rokka: Rokka) -> None:
    answer = rokka.api("GET", "/billing/demo?")
    assert answer.status_code == 501
    assert "billing" in answer.json()["error"]["message"]
