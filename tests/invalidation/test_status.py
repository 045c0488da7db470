"""What is left of the budgets, and when each wish will be sent."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_rokka import invalidation
from django_rokka.emulator import EmulatorServer
from django_rokka.models import CacheInvalidation, InvalidationBudget
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.invalidation.conftest import Arrivals, Clocks, after_reservation

pytestmark = pytest.mark.django_db


def get_times() -> list[str]:
    return [wish.when for wish in invalidation.get_status().wishes]


def test_status__of_nothing_is_free(rokka: RokkaStorage, clocks: Clocks) -> None:
    assert str(invalidation.get_status()).splitlines() == [
        "Organization demo",
        "alias: 0 of 10 used, 10 free, 0 waiting",
        "image: 0 of 5 used, 5 free, 0 waiting",
        "stack: 0 of 5 used, 5 free, 0 waiting",
    ]


def test_wish__says_when_it_will_be_sent_and_how_many_come_before_it(
    rokka: RokkaStorage, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    for name in aliases[:6]:
        invalidation.request("alias", name)
    invalidation.drain()
    clocks.advance(2280)
    for name in aliases:
        invalidation.request("alias", name)

    times = get_times()

    assert times[:4] == ["now", "now, 1 before it", "now, 2 before it", "now, 3 before it"]
    assert times[4] == "in 23 minutes, 4 before it"
    assert times[10:] == [f"in 1 hour 1 minute, {before} before it" for before in range(10, 14)]


def test_wish__waits_for_the_share_of_this_site(
    configure: Callable[..., RokkaStorage], clocks: Clocks
) -> None:
    configure(invalidation_budget=2)
    for number in range(5):
        invalidation.request("alias", f"alias_{number}")
    assert get_times() == [
        "now",
        "now, 1 before it",
        "in 1 hour 1 minute, 2 before it",
        "in 1 hour 1 minute, 3 before it",
        "in 2 hours 2 minutes, 4 before it",
    ]


def test_forecast__is_what_happens(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    for name in aliases[:7]:
        rokka.client.aliases.invalidate_cache(name)
    arrivals.list.clear()
    for name in aliases:
        invalidation.request("alias", name)
    invalidation.drain(limit=1)
    start = clocks.now().timestamp()

    expected = {wish.key: wish.sent_in for wish in invalidation.get_status().wishes}
    for _ in range(200):
        invalidation.drain()
        clocks.advance(60)

    seen = {key: at - start for at, key in arrivals.list[1:]}
    assert list(seen) == list(expected)
    late = [seen[key] - (wait or 0) for key, wait in expected.items()]
    assert late == pytest.approx([0] * 13, abs=5)  # rokka's clock goes on


def test_wish__that_failed_says_why_and_comes_after_those_that_may_go_now(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    server.emulator.faults.add(method="DELETE", path=r"/cache$", status=500)
    invalidation.request("alias", "alias_0")
    invalidation.drain()
    invalidation.request("alias", "alias_1")

    texts = [str(wish) for wish in invalidation.get_status().wishes]

    assert texts[0] == "alias alias_1: now"
    assert texts[1].startswith("alias alias_0: in 1 minute, 1 before it (attempt 1: rokka failed")


def test_wish__that_is_being_sent_says_so(
    rokka: RokkaStorage, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    seen = []
    invalidation.request("alias", "alias_0")
    with after_reservation(lambda: seen.extend(get_times())):
        invalidation.drain()
    assert seen == ["being sent"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"read_only": True}, "never, since the storage is read_only"),
        ({"invalidation_budget": 0}, "never, since the option invalidation_budget leaves none"),
    ],
    ids=["read-only", "no-share"],
)
def test_wish__that_is_never_sent_says_why(
    configure: Callable[..., RokkaStorage], options: dict[str, object], reason: str
) -> None:
    configure()
    invalidation.request("alias", "logo")
    configure(**options)
    assert get_times()[0].startswith(reason)


def test_wish__is_never_sent_where_rokka_takes_none(rokka: RokkaStorage) -> None:
    invalidation.request("alias", "logo")
    InvalidationBudget.objects.create(organization="demo", kind="alias", per_hour=0)
    assert get_times() == ["never, since rokka allows none"]
    assert invalidation.drain().waiting == 1


def test_budget__says_why_it_stands_still(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    server.emulator.faults.add(method="DELETE", path="/alias/.*/cache$", status=403)
    server.emulator.faults.add(method="DELETE", path="/stacks/.*/cache$", status=429)
    invalidation.request("alias", "alias_0")
    invalidation.request("stack", "thumb")
    invalidation.drain()
    invalidation.request("alias", "alias_1")

    alias, _, stack = invalidation.get_status().budgets

    assert ", refused until " in str(alias)
    assert "clearing the cache of an alias" in alias.refusal
    assert f"blocked until {stack.blocked_until:%Y-%m-%d %H:%M:%S} UTC, 1 waiting" in str(stack)
    assert get_times()[0].startswith("never, since rokka refuses: ")
    assert get_times()[1] == "in 1 minute"


def test_status__costs_two_queries_and_no_call_however_many_wait(
    rokka: RokkaStorage, clocks: Clocks
) -> None:
    CacheInvalidation.objects.bulk_create(
        CacheInvalidation(
            organization="demo", kind="alias", key=f"a{number}", requested_at=clocks.now()
        )
        for number in range(10_000)
    )
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        status = invalidation.get_status()
    assert (len(queries), len(status.wishes)) == (2, 10_000)
    assert status.wishes[-1].when == "in 1015 hours 39 minutes, 9999 before it"
    assert status.get("alias", "a7") is not None
    assert status.get("image", "a7") is None


def test_as_json__is_of_texts_and_numbers(
    rokka: RokkaStorage, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    invalidation.request("alias", "alias_0")
    data = json.loads(json.dumps(invalidation.get_status().as_json()))
    assert data["wishes"][0]["requested_at"] == clocks.now().isoformat()
    assert (data["wishes"][0]["when"], data["budgets"][0]["free"]) == ("now", 10)
