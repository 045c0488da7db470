"""Applying aliases: what is noted in the rows is done at rokka, and noted as done."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import cast

from django.core.exceptions import ImproperlyConfigured
from django.db import router
from django.db.models import CharField, Q
from django.utils import timezone

from django_rokka import invalidation
from django_rokka.aliases.leases import Lease
from django_rokka.aliases.moves import Applied, move
from django_rokka.aliases.owners import get_owning_field
from django_rokka.aliases.reports import ApplyReport, Result
from django_rokka.aliases.waiting import DEADLINE, patience
from django_rokka.columns.databases import Databases
from django_rokka.exceptions import ConnectionFailed
from django_rokka.models import Alias, AliasQuerySet
from django_rokka.storage import RokkaStorage, get_rokka_storage, iter_rokka_storages

__all__ = [
    "apply",
    "apply_and_drain",
    "apply_at_once",
    "apply_one",
    "find_storage",
    "get_databases",
    "run",
]

_ROUNDS = 3
"""Tries to catch up with a column that others change meanwhile."""

_BATCH = 500
_MOST_UNREACHED = 3
"""Calls without an answer, one after the other, that end a run."""

logger = logging.getLogger("django_rokka.aliases")


def apply(
    *,
    storage: RokkaStorage | None = None,
    names: Iterable[str] | None = None,
    limit: int | None = None,
    deadline: float | None = None,
) -> ApplyReport:
    """Apply all aliases that are due, those first that wait longest.

    Without ``storage`` it is the only rokka storage; aliases of another environment are left
    alone, and where the storage is ``read_only`` all are. ``names`` are applied whether they are
    due or wait after a failure. ``limit`` is how many are tried at most, ``deadline`` after how
    many seconds no other is begun. Any number of processes may do this at once. An error of rokka
    is logged, noted in the row, and never raised; three calls in a row without an answer end the
    run. The caches of moved aliases are cleared by ``invalidation.drain``. Raise ``RuntimeError``
    inside of a transaction, which could not be ended before the calls.
    GET, PUT and DELETE /sourceimages/{org}/alias/{alias}.
    """
    storage = storage or get_rokka_storage()
    ends = None if deadline is None else time.monotonic() + deadline
    results: list[Result] = []
    unreached = 0
    for using, alias_pk in () if storage.config.read_only else _iter_due(storage, names):
        is_over = ends is not None and time.monotonic() >= ends
        if is_over or (limit is not None and len(results) >= limit):
            break
        applied = run(alias_pk, using=using, storage=storage)
        if applied is None:
            continue
        results.append(applied.result)
        unreached = unreached + 1 if isinstance(applied.failure, ConnectionFailed) else 0
        if unreached == _MOST_UNREACHED:
            logger.error("rokka was not reached %d times; the rest waits.", unreached)
            break
    return ApplyReport(
        organization=storage.config.organization,
        results=tuple(results),
        waiting=_count_waiting(storage),
    )


def apply_one(alias_pk: int, *, using: str, deadline: float = DEADLINE) -> Result | None:
    """Apply one alias, under a lease of its own; ``None`` where there is nothing to do.

    It is done whether it is due or waits after a failure. No error of rokka is raised: it stands
    in the row, in the log and in the result. Raise ``RuntimeError`` inside of a transaction.
    """
    applied = run(alias_pk, using=using, deadline=deadline)
    return None if applied is None else applied.result


def apply_and_drain(
    alias_pk: int,
    *,
    using: str,
    deadline: float = DEADLINE,
    storage: RokkaStorage | None = None,
    is_retry: bool = False,
) -> Applied | None:
    """Apply one alias, and clear caches in the seconds that are left.

    With ``is_retry`` it is left to others if somebody has tried it since, and it waits again.
    ``storage`` may be one that the settings do not name.
    """
    began = time.monotonic()
    applied = run(alias_pk, using=using, deadline=deadline, storage=storage, is_retry=is_retry)
    if applied is not None and applied.is_clearing:
        left = deadline - (time.monotonic() - began)
        invalidation.drain(applied.storage, deadline=max(0.0, left))
    if applied is not None:
        patience.note(time.monotonic() - began, has_failed=applied.failure is not None)
    return applied


def apply_at_once(
    alias_pk: int, *, using: str, storage: RokkaStorage | None = None
) -> Applied | None:
    """Apply one alias where that holds up a request; leave it to others if rokka has for long."""
    if patience.is_over:
        logger.warning("rokka fails just now, so alias %d is left to the next apply.", alias_pk)
        return None
    return apply_and_drain(alias_pk, using=using, storage=storage)


def run(
    alias_pk: int,
    *,
    using: str,
    deadline: float = DEADLINE,
    storage: RokkaStorage | None = None,
    is_retry: bool = False,
) -> Applied | None:
    """Apply one alias, and return with what error that failed."""
    ends = time.monotonic() + deadline
    applied: Applied | None = None
    for _ in range(_ROUNDS):
        alias = Alias.objects.using(using).filter(pk=alias_pk).first()
        home = None if alias is None else storage or find_storage(alias)
        if alias is None or home is None:
            return applied
        lease = Lease.take(alias, only_due=is_retry)
        if lease is None:
            return applied or _find_out(alias, home, is_retry=is_retry)
        applied = move(lease, home, ends=ends).after(applied)
        if not applied.is_outrun:
            return applied
    logger.warning("The image behind the alias %r changes too often to be followed.", alias.name)
    return applied


def _find_out(alias: Alias, storage: RokkaStorage, *, is_retry: bool) -> Applied | None:
    """Say that another process has the alias, unless there is nothing to do."""
    if is_retry or alias.due_at is None:
        return None
    return Applied(Result(name=alias.name, outcome="busy", hash=alias.target_hash), storage)


def find_storage(alias: Alias) -> RokkaStorage | None:
    """Return the storage that may move an alias; ``None`` where none may, as in a copy."""
    try:
        storages = [get_owning_field(alias).rokka_storage] if alias.is_owned else []
    except (ImproperlyConfigured, LookupError):
        storages = []  # its model is gone, or is kept elsewhere by now
    storages += [storage for _, storage in iter_rokka_storages()]
    for storage in storages:
        with suppress(ImproperlyConfigured):  # the checks say why; another one may do
            config = storage.config
            its = (config.organization, config.environment)
            if its == (alias.organization, alias.environment) and not config.read_only:
                return storage
    return None


def get_databases() -> list[str]:
    """Return every database that has aliases: that of each row."""
    name = cast("CharField[str, str]", Alias._meta.get_field("name"))
    found = Databases().find_own(Alias, name)
    home = router.db_for_write(Alias)
    return sorted(found, key=lambda using: (using != home, using))


def _iter_due(storage: RokkaStorage, names: Iterable[str] | None) -> Iterator[tuple[str, int]]:
    """Yield database and key of what is due since before now, each once."""
    now = timezone.now()
    for using in get_databases():
        rows = _get_rows(storage, using)
        if names is not None:
            its = rows.filter(name__in=list(names)).exclude(due_at=None).order_by("pk")
            yield from ((using, alias_pk) for alias_pk in its.values_list("pk", flat=True))
            continue
        last = (datetime.min.replace(tzinfo=now.tzinfo), 0)
        while batch := _read_batch(rows.due(now), after=last):
            yield from ((using, alias_pk) for _, alias_pk in batch)
            last = batch[-1]


def _count_waiting(storage: RokkaStorage) -> int:
    waiting = (_get_rows(storage, using).exclude(due_at=None) for using in get_databases())
    return sum(rows.count() for rows in waiting)


def _read_batch(rows: AliasQuerySet, *, after: tuple[datetime, int]) -> list[tuple[datetime, int]]:
    due_at, pk = after
    later = rows.filter(Q(due_at__gt=due_at) | Q(due_at=due_at, pk__gt=pk))
    return list(later.values_list("due_at", "pk")[:_BATCH])


def _get_rows(storage: RokkaStorage, using: str) -> AliasQuerySet:
    rows: AliasQuerySet = Alias.objects.using(using).of(storage)
    return rows
