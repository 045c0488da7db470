"""What is wished is sent: in order, once, and not more often than rokka takes it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from django_rokka import invalidation
from django_rokka.emulator import EmulatorServer
from django_rokka.invalidation.budgets import WINDOW
from django_rokka.models import CacheInvalidation, InvalidationBudget
from django_rokka.signals import cache_invalidated
from django_rokka.storage import RokkaStorage

from tests.invalidation.conftest import Arrivals, Clocks, after_reservation, outcomes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clocks")]

CACHE = r"/cache$"


def wish(*names: str, storage: RokkaStorage | None = None) -> None:
    for name in names:
        invalidation.request("alias", name, storage=storage)


def test_drain__sends_each_kind_to_its_endpoint(
    rokka: RokkaStorage, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    image = rokka.client.aliases.get(aliases[0]).hash
    rokka.client.stacks.create("thumb", {"operations": [{"name": "noop"}]})
    invalidation.request("stack", "thumb")
    invalidation.request("image", image)
    wish("alias_0")

    report = invalidation.drain()

    assert arrivals.keys == ["alias_0", image, "thumb"]
    assert (report.count("cleared"), report.waiting, report.errors) == (3, 0, ())
    assert str(report) == "Organization demo: 3 cleared, 0 failed, 0 waiting."
    assert outcomes() == ["cleared"] * 3


def test_drain__without_wishes_asks_nothing_and_writes_nothing(
    rokka: RokkaStorage, arrivals: Arrivals
) -> None:
    assert invalidation.drain().results == ()
    assert (len(arrivals), InvalidationBudget.objects.count()) == (0, 0)


def test_drain__sends_ten_aliases_an_hour_oldest_first(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    for name in aliases:
        wish(name)
        clocks.advance(1)

    assert (invalidation.drain().waiting, arrivals.keys) == (4, list(aliases[:10]))
    clocks.advance(WINDOW.total_seconds() - 1)
    assert invalidation.drain().results == ()
    clocks.advance(1)
    invalidation.drain()

    assert arrivals.keys == list(aliases)
    assert arrivals.most_in_an_hour() == 10


def test_drain__sends_no_more_than_its_limit(
    rokka: RokkaStorage, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    invalidation.request("stack", "thumb")
    wish(*aliases[:3])

    report = invalidation.drain(limit=2)

    assert (arrivals.keys, report.waiting) == (["alias_0", "alias_1"], 2)
    assert invalidation.drain(limit=0).results == ()


def test_fifty_wishes_for_a_key__are_one_call_at_the_place_of_the_first(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    wish("alias_0")
    clocks.advance(1)
    wish("alias_1", *["alias_0"] * 49)

    report = invalidation.drain()

    assert arrivals.keys == ["alias_0", "alias_1"]
    assert (report.count("cleared"), report.waiting) == (2, 0)
    assert CacheInvalidation.objects.filter(answered_at=None).count() == 0


def test_keys__that_differ_in_case_are_two(rokka: RokkaStorage, arrivals: Arrivals) -> None:
    wish("Logo", "logo")
    invalidation.drain()
    assert arrivals.keys == ["Logo", "logo"]


def test_wish__that_comes_while_another_is_being_sent_is_sent_again(
    rokka: RokkaStorage, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    wish("alias_0")
    with after_reservation(lambda: wish("alias_0")):
        invalidation.drain()
    assert arrivals.keys == ["alias_0", "alias_0"]


def test_signal__tells_what_was_cleared_and_one_that_fails_stops_nothing(
    rokka: RokkaStorage, aliases: tuple[str, ...]
) -> None:
    seen = []

    def receive(**values: object) -> None:
        seen.append((values["sender"], values["storage"], values["kind"], values["key"]))
        raise ValueError("a receiver's own")

    wish("alias_0", "alias_1", "unknown")
    cache_invalidated.connect(receive)
    try:
        invalidation.drain()
    finally:
        cache_invalidated.disconnect(receive)

    expected = [(type(rokka), rokka, "alias", name) for name in ("alias_0", "alias_1")]
    assert seen == expected


def test_wish__of_a_transaction_that_rolls_back_is_not_sent(
    rokka: RokkaStorage, arrivals: Arrivals
) -> None:
    with transaction.atomic():
        wish("alias_0")
        transaction.set_rollback(True)

    assert (invalidation.drain().results, len(arrivals)) == ((), 0)


def test_wish__of_another_environment_is_left_alone(
    configure: Callable[..., RokkaStorage], arrivals: Arrivals
) -> None:
    configure(environment="production")
    wish("alias_0")
    configure(environment="staging")
    report = invalidation.drain()
    assert (report.results, report.waiting, len(arrivals)) == ((), 0, 0)


def test_read_only__sends_nothing(
    configure: Callable[..., RokkaStorage], arrivals: Arrivals
) -> None:
    configure()
    wish("alias_0")
    configure(read_only=True)
    report = invalidation.drain()
    assert (report.results, report.waiting, len(arrivals)) == ((), 1, 0)


@pytest.mark.parametrize(
    ("budget", "alias", "stack"),
    [(0, 0, 0), (1, 1, 0), (4, 4, 2), ({"alias": 3}, 3, 5), ({"stack": 0}, 10, 0)],
)
def test_budget__is_shared_by_the_option(
    configure: Callable[..., RokkaStorage],
    arrivals: Arrivals,
    budget: object,
    alias: int,
    stack: int,
) -> None:
    configure(invalidation_budget=budget)
    for number in range(12):
        wish(f"alias_{number}")
        invalidation.request("stack", f"stack-{number}")

    invalidation.drain()

    sent = [key.split("_")[0].split("-")[0] for key in arrivals.keys]
    assert (sent.count("alias"), sent.count("stack")) == (alias, stack)


def test_not_found__ends_the_wish(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, caplog: pytest.LogCaptureFixture
) -> None:
    wish("unknown")
    report = invalidation.drain()
    clocks.advance(9999)
    invalidation.drain()

    assert ([result.outcome for result in report.results], len(arrivals)) == (["gone"], 1)
    assert "There is no alias 'unknown' in organization 'demo'" in report.results[0].error
    assert "The cache of the alias 'unknown' stays (organization demo)" in caplog.text


def test_organization_not_found__is_tried_again(
    configure: Callable[..., RokkaStorage], arrivals: Arrivals
) -> None:
    configure(organization="another")
    wish("alias_0")
    report = invalidation.drain()
    assert ([result.outcome for result in report.results], report.waiting) == ([""], 1)


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 503}, {"status": 401}, {"status": 409}, {"reset_at": 0}],
    ids=str,
)
@pytest.mark.usefixtures("aliases")
def test_passing_failure__costs_its_slot_and_is_tried_again_later(
    server: EmulatorServer,
    clocks: Clocks,
    arrivals: Arrivals,
    fault: dict[str, int],
) -> None:
    wish("alias_0", "alias_1")
    server.emulator.faults.add(method="DELETE", path=CACHE, **fault)

    report = invalidation.drain()
    wish("alias_0")  # does not get around the pause

    assert ([result.outcome for result in report.results], report.waiting) == ([""], 2)
    row = CacheInvalidation.objects.order_by("pk")[0]
    assert (row.attempts, row.not_before) == (1, clocks.now() + timedelta(minutes=1))
    assert row.last_error == report.results[0].error != ""
    invalidation.drain()
    assert arrivals.keys == ["alias_0", "alias_1"]
    clocks.advance(60)
    assert invalidation.drain().waiting == 0
    assert arrivals.keys == ["alias_0", "alias_1", "alias_0"]
    assert invalidation.get_status().budgets[0].used == 3


def test_timeout__is_tried_again(
    configure: Callable[..., RokkaStorage],
    server: EmulatorServer,
    aliases: tuple[str, ...],
) -> None:
    configure(timeout=0.2)
    wish("alias_0")
    server.emulator.faults.add(method="DELETE", path=CACHE, delay=5)
    report = invalidation.drain()
    server.emulator.faults.wake()
    assert ([result.outcome for result in report.results], report.waiting) == ([""], 1)
    assert "No answer in time" in report.results[0].error


def test_pauses__grow_to_an_hour(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    wish("alias_0")
    server.emulator.faults.add(method="DELETE", path=CACHE, status=500, times=None)
    pauses = []
    for _ in range(8):
        invalidation.drain()
        row = CacheInvalidation.objects.get()
        assert row.not_before is not None
        pauses.append((row.not_before - clocks.now()).total_seconds() / 60)
        clocks.advance(60 * pauses[-1])
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_what_rokka_does_not_accept__is_not_tried_again(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, arrivals: Arrivals
) -> None:
    wish("alias_0")
    server.emulator.faults.add(method="DELETE", path=CACHE, status=422)
    report = invalidation.drain()
    clocks.advance(9999)
    assert [result.outcome for result in report.results] == ["invalid"]
    assert (invalidation.drain().results, len(arrivals)) == ((), 1)


@pytest.mark.usefixtures("aliases")
def test_free_account__is_asked_once_a_day_and_told_once(
    server: EmulatorServer,
    clocks: Clocks,
    arrivals: Arrivals,
    caplog: pytest.LogCaptureFixture,
) -> None:
    organizations = server.emulator._services.organizations
    organizations.set_paying("demo", is_paying=False)
    wish("alias_0", "alias_1", "alias_1")

    report = invalidation.drain()
    wish("alias_2")
    later = invalidation.drain()

    assert [result.outcome for result in report.results] == ["refused", "refused"]
    assert [str(result).split(":")[0] for result in later.results] == ["alias alias_2"]
    assert (arrivals.keys, outcomes()) == (["alias_0"], ["refused"] * 4)
    clocks.advance(86_400)
    wish("alias_3")
    invalidation.drain()
    assert len(arrivals) == 2
    errors = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in errors].count("django_rokka.invalidation") == 1
    organizations.set_paying("demo", is_paying=True)
    clocks.advance(86_400)
    wish("alias_4")
    invalidation.drain()
    assert (outcomes()[-1], InvalidationBudget.objects.get().refusal) == ("cleared", "")


def test_spent_by_others__blocks_until_rokka_says(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    for name in aliases[:10]:
        rokka.client.aliases.invalidate_cache(name)
    wish("alias_0", "alias_1")

    report = invalidation.drain()

    assert ([result.outcome for result in report.results], report.waiting) == ([""], 2)
    clocks.advance(3598)
    assert invalidation.drain().results == ()
    clocks.advance(32)  # rokka's clock went on meanwhile
    assert invalidation.drain().count("cleared") == 2
    assert len(arrivals) == 13  # the eleventh was the one that rokka refused


def test_spent_by_others__blocks_in_a_project_without_time_zones(
    rokka: RokkaStorage,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    aliases: tuple[str, ...],
) -> None:
    settings.USE_TZ = False
    monkeypatch.setattr(timezone, "now", datetime.now)
    for name in aliases[:10]:
        rokka.client.aliases.invalidate_cache(name)
    wish("alias_0")
    invalidation.drain()
    blocked_until = invalidation.get_status().budgets[0].blocked_until
    assert blocked_until is not None
    in_an_hour = datetime.now() + timedelta(hours=1)  # noqa: DTZ005, such a project's
    assert abs(blocked_until - in_an_hour) < timedelta(minutes=1)


def test_general_429__waits_a_minute(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    server.emulator.faults.add(method="DELETE", path=CACHE, status=429)
    wish("alias_0")
    invalidation.drain()
    clocks.advance(59)
    assert invalidation.drain().results == ()
    clocks.advance(1)
    assert invalidation.drain().count("cleared") == 1


def test_remaining__lowers_our_count_of_what_is_free(
    rokka: RokkaStorage, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    for name in aliases[:6]:
        rokka.client.aliases.invalidate_cache(name)
    wish(*aliases)

    report = invalidation.drain()

    assert (report.count("cleared"), report.errors) == (4, ())
    budget = invalidation.get_status().budgets[0]
    assert (budget.used, budget.free, budget.share) == (4, 0, 10)


def test_process__that_was_held_up_does_not_use_its_old_slot(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    wish("alias_0")
    with after_reservation(lambda: clocks.advance(3000)):
        report = invalidation.drain()
    assert (len(arrivals), report.waiting) == (0, 1)
    assert invalidation.drain().count("cleared") == 1
    assert invalidation.get_status().budgets[0].used == 2


def test_answered_wishes__are_kept_for_a_month(
    rokka: RokkaStorage, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    wish("alias_0")
    invalidation.drain()
    clocks.advance(timedelta(days=30).total_seconds())
    invalidation.drain()
    assert CacheInvalidation.objects.count() == 1
    clocks.advance(1)
    invalidation.drain()
    assert CacheInvalidation.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_drain__inside_of_a_transaction_is_refused(rokka: RokkaStorage, arrivals: Arrivals) -> None:
    with transaction.atomic():
        wish("alias_0")
        with pytest.raises(RuntimeError, match="durable"):
            invalidation.drain()
    assert len(arrivals) == 0
