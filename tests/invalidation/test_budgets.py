"""The hour that slides: whatever happens when, rokka never sees one call too many."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka import client, invalidation
from django_rokka.emulator import EmulatorServer
from django_rokka.invalidation.budgets import block, correct, count_free, spend
from django_rokka.models import InvalidationBudget
from django_rokka.storage import RokkaStorage

from tests.invalidation.conftest import Arrivals, Clocks

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=timezone.utc)  # half an hour before summer time


def a_budget() -> InvalidationBudget:
    return InvalidationBudget(organization="demo", kind="alias")


@given(
    steps=st.lists(st.floats(min_value=0, max_value=3000), max_size=60),
    share=st.integers(min_value=0, max_value=10),
)
def test_count_free__lets_no_more_than_the_share_into_any_hour(
    steps: list[float], share: int
) -> None:
    budget, now, spent = a_budget(), NOW, []
    for seconds in steps:
        now += timedelta(seconds=seconds)
        if count_free(budget, share=share, now=now):
            spend(budget, now=now)
            spent.append(now)
    hours = [[at for at in spent if start <= at <= start + timedelta(hours=1)] for start in spent]
    assert max(map(len, hours), default=0) <= share


@given(told=st.integers(min_value=0, max_value=10), own=st.integers(min_value=0, max_value=10))
def test_correct__takes_the_lower_count_of_the_two(told: int, own: int) -> None:
    budget = a_budget()
    for _ in range(own):
        spend(budget, now=NOW)
    for _ in range(2):
        correct(budget, client.Budget(limit=10, remaining=told), now=NOW)
        assert count_free(budget, share=10, now=NOW) == min(told, 10 - own)
    later = NOW + timedelta(seconds=3660)
    assert count_free(budget, share=10, now=later) == 10


def test_correct__believes_rokka_about_the_hour_as_a_whole() -> None:
    budget = a_budget()
    correct(budget, client.Budget(limit=3, remaining=3), now=NOW)
    assert count_free(budget, share=10, now=NOW) == 3
    correct(budget, client.Budget(), now=NOW)
    assert budget.per_hour == 3


def test_spent__by_a_clock_that_was_far_ahead_does_not_count() -> None:
    budget = a_budget()
    spend(budget, now=NOW + timedelta(days=365))
    assert count_free(budget, share=10, now=NOW) == 10
    spend(budget, now=NOW)
    assert budget.spent == [NOW.timestamp()]


@pytest.mark.parametrize(
    ("until", "expected"), [(None, 60), (-5, 60), (1800, 1800), (9_000_000, 3660)]
)
def test_block__lasts_a_minute_to_an_hour(until: int | None, expected: int) -> None:
    budget = a_budget()
    moment = None if until is None else NOW + timedelta(seconds=until)
    block(budget, moment, now=NOW)
    assert budget.blocked_until == NOW + timedelta(seconds=expected)


@pytest.mark.django_db
@pytest.mark.usefixtures("aliases")
@pytest.mark.parametrize("seed", range(4))
def test_rokka__never_sees_an_eleventh_arrival_in_an_hour(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, arrivals: Arrivals, seed: int
) -> None:
    chance = random.Random(seed)
    server.emulator.faults.add(
        method="DELETE", path=r"/cache$", status=500, times=None, probability=0.2, seed=seed
    )
    for _ in range(60):
        for _ in range(chance.randrange(4)):
            invalidation.request("alias", f"alias_{chance.randrange(14)}")
        clocks.advance(chance.choice([0, 1, 30, 300, 900, 1799]))
        clocks.advance(chance.uniform(-25, 25), rokka=False)  # the clocks of servers differ
        invalidation.drain()
    for _ in range(20):
        clocks.advance(3661)
        report = invalidation.drain()
    assert arrivals.most_in_an_hour() == 10
    assert report.waiting == 0
    assert not any("no more calls" in result.error for result in report.results)


@pytest.mark.django_db
def test_shares__of_two_environments_add_up(
    configure: Callable[..., RokkaStorage], clocks: Clocks, arrivals: Arrivals
) -> None:
    for environment in ("production", "staging"):
        configure(environment=environment, invalidation_budget=5)
        for number in range(8):
            invalidation.request("alias", f"{environment}_{number}")
        InvalidationBudget.objects.all().delete()  # each has a database of its own
        invalidation.drain()
    assert len(arrivals) == 10
