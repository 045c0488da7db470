"""The count of what was spent of a budget, over an hour that slides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import router
from django.utils import timezone

from django_rokka import client
from django_rokka.conf import INVALIDATIONS_PER_HOUR, as_stored
from django_rokka.models import CacheInvalidation, InvalidationBudget
from django_rokka.transactions import committed

__all__ = [
    "WINDOW",
    "block",
    "correct",
    "count_free",
    "get_database",
    "get_limit",
    "iter_spent",
    "locked",
    "spend",
]

WINDOW = timedelta(seconds=3600 + 60)
"""How long a slot is taken: rokka's hour, and a margin for the way and for clocks that differ."""

_SHORTEST_BLOCK = timedelta(minutes=1)


def get_database() -> str:
    """Return the alias of the database that has the wishes and the budgets."""
    return router.db_for_write(CacheInvalidation)


@contextmanager
def locked(organization: str, kind: str) -> Iterator[InvalidationBudget]:
    """Lend a budget to one process at a time, and save what is changed.

    Not in a transaction of somebody else, who could roll back what was spent.
    """
    budgets = InvalidationBudget.objects.using(get_database())
    budgets.get_or_create(organization=organization, kind=kind)
    its = budgets.filter(organization=organization, kind=kind)
    with committed(budgets.db):
        # A write locks the row on every database. SQLite has no other lock, and one that reads
        # first may be refused the write.
        its.update(changed=timezone.now())
        budget = its.get()
        yield budget
        budget.save(using=budgets.db)


def count_free(budget: InvalidationBudget, *, share: int, now: datetime) -> int:
    """Return how many slots are free: of our share, and of what rokka takes from all."""
    own = len(list(iter_spent(budget.spent, now=now)))
    others = len(list(iter_spent(budget.spent_by_others, now=now)))
    return max(0, min(share - own, get_limit(budget) - own - others))


def get_limit(budget: InvalidationBudget) -> int:
    """Return what rokka takes in an hour: as it said, or as it documents."""
    if budget.per_hour is None:
        return INVALIDATIONS_PER_HOUR[budget.kind]
    return budget.per_hour


def iter_spent(moments: list[float], *, now: datetime) -> Iterator[float]:
    """Yield the moments of slots that are taken; what lies far ahead was a wrong clock's."""
    window, moment = WINDOW.total_seconds(), now.timestamp()
    for spent in moments:
        if moment - window < spent <= moment + window:
            yield spent


def spend(budget: InvalidationBudget, *, now: datetime) -> None:
    """Take a slot, and forget those that are free again."""
    budget.spent = [*iter_spent(budget.spent, now=now), now.timestamp()]
    budget.spent_by_others = list(iter_spent(budget.spent_by_others, now=now))


def correct(budget: InvalidationBudget, told: client.Budget, *, now: datetime) -> None:
    """Take slots for what others have spent, as far as rokka's count is higher than ours.

    When they did is not known: as late as now. Never the other way round: a low count may be
    older than the slots that were taken meanwhile.
    """
    if told.limit is not None:
        budget.per_hour = told.limit
    if told.remaining is None:
        return
    own = len(list(iter_spent(budget.spent, now=now)))
    others = list(iter_spent(budget.spent_by_others, now=now))
    unknown = get_limit(budget) - told.remaining - own - len(others)
    budget.spent_by_others = [*others, *[now.timestamp()] * unknown]


def block(budget: InvalidationBudget, until: datetime | None, *, now: datetime) -> None:
    """Ask for nothing until then: for a minute at least, and never longer than a slot is taken."""
    until = max(as_stored(until) if until else now, now + _SHORTEST_BLOCK)
    budget.blocked_until = min(until, now + WINDOW)
