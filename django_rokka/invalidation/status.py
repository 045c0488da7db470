"""What waits, and when it will be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min
from django.utils import timezone

from django_rokka.conf import INVALIDATIONS_PER_HOUR
from django_rokka.invalidation.budgets import (
    WINDOW,
    count_free,
    get_database,
    get_limit,
    iter_spent,
)
from django_rokka.invalidation.reports import BudgetStatus, Status, WishStatus
from django_rokka.models import CacheInvalidation, InvalidationBudget
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["get_status"]


def get_status(storage: RokkaStorage | None = None) -> Status:
    """Say what is left of the budgets, and of each wish when it will be sent.

    Two queries, however many wishes there are, and no request.
    """
    storage = storage or get_rokka_storage()
    config = storage.config
    now = timezone.now()
    budgets = InvalidationBudget.objects.using(get_database())
    known = {budget.kind: budget for budget in budgets.filter(organization=config.organization)}
    waiting: dict[str, list[dict[str, Any]]] = {kind: [] for kind in INVALIDATIONS_PER_HOUR}
    for wish in _iter_waiting(storage):
        waiting[wish["kind"]].append(wish)
    forecasts = [
        _Forecast(
            known.get(kind) or InvalidationBudget(organization=config.organization, kind=kind),
            share=share,
            is_read_only=config.read_only,
            now=now,
        )
        for kind, share in config.invalidation_shares.items()
    ]
    return Status(
        organization=config.organization,
        environment=config.environment,
        budgets=tuple(its.describe(len(waiting[its.kind])) for its in forecasts),
        wishes=tuple(wish for its in forecasts for wish in its.iter_wishes(waiting[its.kind])),
    )


def _iter_waiting(storage: RokkaStorage) -> Iterable[dict[str, Any]]:
    """Return a line for each key that is waited for, in the order of the queue."""
    config = storage.config
    wishes = CacheInvalidation.objects.using(get_database()).filter(
        organization=config.organization,
        environment=config.environment,
        kind__in=INVALIDATIONS_PER_HOUR,
    )
    lines = wishes.open().order_by().values("kind", "key")
    grouped: Iterable[dict[str, Any]] = lines.annotate(
        first=Min("requested_at"),
        place=Min("pk"),
        wishes=Count("pk"),
        not_before=Max("not_before"),
        claimed_until=Max("claimed_until"),
        most_attempts=Max("attempts"),
        error=Max("last_error"),
    ).order_by("first", "place")
    return grouped


class _Forecast:
    """A budget, and what becomes of it if every call succeeds."""

    def __init__(
        self, budget: InvalidationBudget, *, share: int, is_read_only: bool, now: datetime
    ) -> None:
        self.kind = budget.kind
        self._budget = budget
        self._share = share
        self._is_read_only = is_read_only
        self._now = now
        self._refused = budget.refused_until is not None and budget.refused_until > now

    def describe(self, waiting: int) -> BudgetStatus:
        """Return the budget as it is."""
        budget, now = self._budget, self._now
        until = budget.refused_until if self._refused else budget.blocked_until
        return BudgetStatus(
            kind=self.kind,
            share=self._share,
            used=len(list(iter_spent(budget.spent, now=now))),
            free=count_free(budget, share=self._share, now=now),
            waiting=waiting,
            blocked_until=until if until is not None and until > now else None,
            refusal=budget.refusal if self._refused else "",
        )

    def iter_wishes(self, lines: list[dict[str, Any]]) -> Iterator[WishStatus]:
        """Yield when each is sent: what may go now in its order, then what has to pause first."""
        reason = self._find_hindrance()
        slots = self._iter_slots()
        moments = [(self._get_pause(line), position) for position, line in enumerate(lines)]
        for before, (pause, position) in enumerate(sorted(moments)):
            line = lines[position]
            is_being_sent = _is_later(line["claimed_until"], self._now)
            wait = 0.0 if is_being_sent or reason else max(pause, next(slots))
            yield WishStatus(
                kind=self.kind,
                key=line["key"],
                requested_at=line["first"],
                wishes=line["wishes"],
                before=before,
                sent_in=None if reason else wait,
                is_being_sent=is_being_sent,
                reason=reason,
                attempts=line["most_attempts"],
                last_error=line["error"],
            )

    def _find_hindrance(self) -> str:
        if self._is_read_only:
            return "since the storage is read_only"
        if not self._share:
            return "since the option invalidation_budget leaves none of this kind to this site"
        if not get_limit(self._budget):
            return "since rokka allows none"
        return f"since rokka refuses: {self._budget.refusal}" if self._refused else ""

    def _get_pause(self, line: dict[str, Any]) -> float:
        """Return in how many seconds its own turn may come; what is being sent has had it."""
        if _is_later(line["claimed_until"], self._now) or line["not_before"] is None:
            return 0.0
        pause: timedelta = line["not_before"] - self._now
        return max(0.0, pause.total_seconds())

    def _iter_slots(self) -> Iterator[float]:
        """Yield in how many seconds each of the next slots is free, one after the other."""
        now, window = self._now.timestamp(), WINDOW.total_seconds()
        own = sorted(iter_spent(self._budget.spent, now=self._now))
        spent = sorted([*own, *iter_spent(self._budget.spent_by_others, now=self._now)])
        blocked = self._budget.blocked_until
        earliest = now if blocked is None else max(now, blocked.timestamp())
        while True:
            moments = [earliest]
            for taken, most in ((own, self._share), (spent, get_limit(self._budget))):
                if len(taken) >= most:
                    moments.append(taken[-most] + window)
            earliest = max(moments)
            own.append(earliest)
            spent.append(earliest)
            yield earliest - now


def _is_later(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now
