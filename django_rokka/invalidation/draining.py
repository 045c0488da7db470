"""Sending what is wished, as far as rokka takes it now."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from django_rokka import client
from django_rokka.conf import INVALIDATIONS_PER_HOUR
from django_rokka.exceptions import (
    InvalidName,
    InvalidRequest,
    NotFound,
    OrganizationNotFound,
    PermissionDenied,
    RateLimited,
    RokkaError,
)
from django_rokka.invalidation.budgets import (
    block,
    correct,
    count_free,
    get_database,
    locked,
    spend,
)
from django_rokka.invalidation.reports import DrainReport, Result
from django_rokka.models import CacheInvalidation, CacheInvalidationQuerySet, InvalidationBudget
from django_rokka.signals import cache_invalidated
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["drain"]

_DEADLINE = 10.0
"""Seconds that a call may take: it may hold up a request."""

_SHORTEST_CALL = 0.5

_LATEST_START = timedelta(seconds=20)
"""How old a slot may be to be used: with the deadline, well within the margin of the hour."""

_LEASE = timedelta(seconds=60)
"""How long a wish is one process's alone; longer than all that it may do with it."""

_LONGEST_PAUSE = timedelta(hours=1)
_REFUSED_FOR = timedelta(days=1)
_KEPT_FOR = timedelta(days=30)

logger = logging.getLogger("django_rokka.invalidation")


def drain(
    storage: RokkaStorage | None = None,
    *,
    limit: int | None = None,
    deadline: float | None = None,
) -> DrainReport:
    """Send the wishes that may be sent now, those first that wait longest; ``limit`` of them.

    Without ``storage`` it is the only rokka storage. Calls end within ``deadline`` seconds, and
    what there is no time for goes on waiting. Each attempt takes its slot in the database before
    it is made, so any number of processes may drain at once, and one that is killed has its wish
    sent again. An error of rokka is logged, noted in the wish, and never raised. Wishes of
    another environment are left alone, and where the storage is ``read_only`` all are. Raise
    ``RuntimeError`` inside of a transaction, which could not be ended before the calls.
    DELETE /sourceimages/{org}/alias/{alias}/cache, /sourceimages/{org}/{hash}/cache,
    /stacks/{org}/{stack}/cache.
    """
    storage = storage or get_rokka_storage()
    ends = None if deadline is None else time.monotonic() + deadline
    results: list[Result] = []
    if not storage.config.read_only:
        for kind in INVALIDATIONS_PER_HOUR:
            queue = _Queue(storage, kind, ends=ends)
            attempts = None if limit is None else limit - sum(each.is_attempt for each in results)
            results += queue.iter_results(attempts)
    its = _get_wishes(storage)
    its.filter(answered_at__lt=timezone.now() - _KEPT_FOR).delete()
    return DrainReport(
        organization=storage.config.organization,
        results=tuple(results),
        waiting=its.open().order_by().values("kind", "key").distinct().count(),
    )


def _get_wishes(storage: RokkaStorage) -> CacheInvalidationQuerySet:
    wishes = CacheInvalidation.objects.using(get_database())
    config = storage.config
    its: CacheInvalidationQuerySet = wishes.filter(
        organization=config.organization, environment=config.environment
    )
    return its


class _HeldUp(RokkaError):
    """A slot was taken so long ago that its call could fall into the hour of the next ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """Wishes for a key that this process alone may send, and the slot for it."""

    key: str
    pks: tuple[int, ...]
    attempt: int
    at: datetime
    until: datetime


class _Queue:
    """The wishes of a kind."""

    def __init__(self, storage: RokkaStorage, kind: str, *, ends: float | None) -> None:
        self._ends = ends
        self._storage = storage
        self._kind = kind
        self._client = storage.client  # now: one that cannot be made is to cost no slot
        self._organization = storage.config.organization
        self._share = storage.config.invalidation_shares[kind]
        self._wishes = _get_wishes(storage).filter(kind=kind)

    def iter_results(self, attempts: int | None) -> Iterator[Result]:
        """Send so many; a failure that may be everybody's ends it before."""
        while self._may_begin(attempts) and self._wishes.open().exists():
            claim, refused = self._claim()
            yield from refused
            if claim is None:
                return
            result = self._send(claim)
            yield result
            if result.outcome == CacheInvalidation.OPEN:
                return
            attempts = None if attempts is None else attempts - 1

    def _may_begin(self, attempts: int | None) -> bool:
        return (attempts is None or attempts > 0) and self._seconds >= _SHORTEST_CALL

    @property
    def _seconds(self) -> float:
        """How long the next call may take."""
        return _DEADLINE if self._ends is None else min(_DEADLINE, self._ends - time.monotonic())

    def _claim(self) -> tuple[_Claim | None, list[Result]]:
        """Take a slot and the wishes that wait longest for it, if there are both."""
        with locked(self._organization, self._kind) as budget:
            now = timezone.now()  # by now: another process may have had the budget for long
            if budget.refused_until is not None and budget.refused_until > now:
                return None, self._refuse(budget, now)
            is_blocked = budget.blocked_until is not None and budget.blocked_until > now
            if is_blocked or not count_free(budget, share=self._share, now=now):
                return None, []
            first = self._wishes.due(now).first()
            if first is None:
                return None, []
            same = self._wishes.open().filter(key=first.key).values_list("pk", "attempts")
            pks, attempts = zip(*same, strict=True)
            claim = _Claim(
                key=first.key, pks=pks, attempt=max(attempts) + 1, at=now, until=now + _LEASE
            )
            self._wishes.filter(pk__in=pks).update(
                attempts=claim.attempt, claimed_until=claim.until, sent_at=now
            )
            spend(budget, now=now)
        return claim, []

    def _refuse(self, budget: InvalidationBudget, now: datetime) -> list[Result]:
        """End all wishes as rokka has ended the first; one that is being sent ends by itself."""
        wishes = self._wishes.open().filter(Q(claimed_until=None) | Q(claimed_until__lte=now))
        keys = list(dict.fromkeys(wishes.values_list("key", flat=True)))
        wishes.order_by().filter(key__in=keys).update(
            answered_at=now,
            claimed_until=None,
            outcome=CacheInvalidation.REFUSED,
            last_error=budget.refusal,
        )
        return [
            Result(
                kind=self._kind, key=key, outcome=CacheInvalidation.REFUSED, error=budget.refusal
            )
            for key in keys
        ]

    def _send(self, claim: _Claim) -> Result:
        """Make the call of a claim, and note its end; no transaction is open meanwhile."""
        told = client.Budget()
        error: RokkaError | None = None
        if timezone.now() - claim.at > _LATEST_START:
            error = _HeldUp("The process was held up after it took its slot. Another try follows.")
        else:
            try:
                told = self._call(claim.key)
            except RokkaError as refusal:
                error = refusal
        outcome = _judge(error)
        self._note(claim, outcome, told=told, error=error)
        if outcome == CacheInvalidation.CLEARED:
            cache_invalidated.send_robust(
                type(self._storage), storage=self._storage, kind=self._kind, key=claim.key
            )
        return Result(
            kind=self._kind, key=claim.key, outcome=outcome, error=str(error or ""), is_attempt=True
        )

    def _call(self, key: str) -> client.Budget:
        rokka, seconds = self._client, max(_SHORTEST_CALL, self._seconds)
        if self._kind == "alias":
            return rokka.aliases.invalidate_cache(key, deadline=seconds)
        if self._kind == "image":
            return rokka.source_images.invalidate_cache(key, deadline=seconds)
        return rokka.stacks.invalidate_cache(key, deadline=seconds)

    def _note(
        self, claim: _Claim, outcome: str, *, told: client.Budget, error: RokkaError | None
    ) -> None:
        with locked(self._organization, self._kind) as budget:
            now = timezone.now()
            self._log(claim, outcome, error, is_known=bool(budget.refusal))
            if outcome == CacheInvalidation.REFUSED:
                budget.refused_until, budget.refusal = now + _REFUSED_FOR, str(error)
            elif outcome == CacheInvalidation.CLEARED:
                budget.refused_until, budget.refusal = None, ""
            if isinstance(error, RateLimited):
                block(budget, error.retry_at, now=now)
            correct(budget, told, now=now)
            # Unless the lease ran out and another process has claimed them.
            same = self._wishes.filter(
                pk__in=claim.pks, claimed_until=claim.until, attempts=claim.attempt
            )
            same.update(
                claimed_until=None,
                answered_at=None if outcome == CacheInvalidation.OPEN else now,
                not_before=_get_next_try(claim, error, now=now),
                outcome=outcome,
                last_error=str(error or ""),
            )

    def _log(
        self, claim: _Claim, outcome: str, error: RokkaError | None, *, is_known: bool
    ) -> None:
        what = (self._kind, claim.key, self._organization)
        if outcome == CacheInvalidation.CLEARED:
            logger.info("The cache of the %s %r is being cleared (organization %s).", *what)
        elif outcome == CacheInvalidation.REFUSED:
            logger.log(
                logging.DEBUG if is_known else logging.ERROR,
                "The cache of the %s %r stays (organization %s), and so do all of its kind: %s"
                " rokka is asked again after a day.",
                *what,
                error,
            )
        elif outcome == CacheInvalidation.OPEN:
            logger.warning(
                "The cache of the %s %r was not cleared yet (organization %s, attempt %d): %s",
                *what,
                claim.attempt,
                error,
            )
        else:
            # What is gone is no mistake of anybody's, as after the deletion of an alias.
            level = logging.WARNING if outcome == CacheInvalidation.GONE else logging.ERROR
            words = "The cache of the %s %r stays (organization %s): %s"
            logger.log(level, words, *what, error)


def _judge(error: RokkaError | None) -> str:
    """Say how a wish ended; open where another try may do."""
    if error is None:
        return CacheInvalidation.CLEARED
    if isinstance(error, PermissionDenied):
        return CacheInvalidation.REFUSED
    if isinstance(error, NotFound) and not isinstance(error, OrganizationNotFound):
        return CacheInvalidation.GONE
    return (
        CacheInvalidation.INVALID
        if isinstance(error, (InvalidName, InvalidRequest))
        else CacheInvalidation.OPEN
    )


def _get_next_try(claim: _Claim, error: RokkaError | None, *, now: datetime) -> datetime | None:
    """Return when a key may be tried again; what the budget did not allow is not its fault."""
    if _judge(error) != CacheInvalidation.OPEN or isinstance(error, (RateLimited, _HeldUp)):
        return None
    return now + min(timedelta(minutes=2 ** min(claim.attempt - 1, 10)), _LONGEST_PAUSE)
