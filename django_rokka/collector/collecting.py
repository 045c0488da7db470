"""One collection: sync, scan, and deletion on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from django.utils import timezone

from django_rokka import library
from django_rokka.collector.calls import Calls
from django_rokka.collector.deleting import Sweep
from django_rokka.collector.mirror import Mirror
from django_rokka.collector.refusing import (
    check_arguments,
    check_columns,
    check_databases,
    check_found,
)
from django_rokka.collector.remembering import find_missing_columns, note_columns
from django_rokka.collector.report import Collection, Tally
from django_rokka.collector.scanning import Scan
from django_rokka.collector.stacks import find_in_stacks
from django_rokka.columns import find_registered_images, iter_columns
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["collect"]

_GRACE = timedelta(days=30)


def collect(
    storage: RokkaStorage | None = None,
    *,
    delete: bool = False,
    grace: timedelta = _GRACE,
    limit: int | None = None,
    is_exclusive: bool = False,
    accept_fewer_columns: bool = False,
    sync: bool = True,
) -> Collection:
    """Find what no column, default, alias, stack or lock refers to, and delete it with ``delete``.

    Each run restores deleted images that something refers to, and marks what is referred to as
    used by this environment, if it has a name. With ``delete``, images go that have been
    unreferenced for ``grace`` since the scan that found it first, ``limit`` at most. Without an
    environment that needs ``is_exclusive``: nobody else uses the organization. After columns have
    vanished, or where nothing refers to any image, it needs ``accept_fewer_columns``. Without
    ``sync`` the mirror is taken as it is.

    Raise ``ImproperlyConfigured`` when a column cannot be read, ``ValueError`` or ``ReadOnly`` for
    what is refused, ``TransactionManagementError`` for a deletion in a transaction, and errors of
    listing images and stacks. What fails later stands in the report.
    """
    storage = get_rokka_storage() if storage is None else storage
    check_arguments(storage, delete=delete, grace=grace, limit=limit, is_exclusive=is_exclusive)
    run = _Run(storage, gives_up_columns=accept_fewer_columns)
    if delete:
        check_databases(run.columns)
        check_columns(run.missing)
    if sync:
        library.sync(storage)
    found = run.scan(grace=grace)
    if delete:
        check_found(has_found=run.has_found or accept_fewer_columns, due=found["due"])
        run.delete(grace=grace, limit=limit)
    return run.report(found, deletes=delete)


class _Run:
    """The steps of a collection."""

    def __init__(self, storage: RokkaStorage, *, gives_up_columns: bool) -> None:
        self._storage = storage
        self._organization = storage.config.organization
        self._tally = Tally()
        self._calls = Calls(storage, self._tally)
        self.columns = list(iter_columns(storage))
        self.missing: list[str] = []
        self.has_found = False
        if not gives_up_columns:
            self.missing = find_missing_columns(self._organization, self.columns)

    def scan(self, *, grace: timedelta) -> dict[str, int]:
        """Read all columns; return the numbers that deletions change."""
        self._started = timezone.now()
        self._mirror = Mirror(self._storage.config, run=self._started)
        scan = Scan(self._mirror, self._calls, self._tally)
        scan.run(self.columns, find_in_stacks(self._storage), find_registered_images())
        self.has_found = scan.has_found
        note_columns(self._organization, self.columns, missing=self.missing)
        return self._mirror.count(grace=grace)

    def delete(self, *, grace: timedelta, limit: int | None) -> None:
        """Delete what is due, unless an error of the scan speaks against it."""
        if not self._tally.stopped:
            sweep = Sweep(
                self._storage, self._mirror, self._calls, self._tally, columns=self.columns
            )
            sweep.run(grace=grace, limit=limit)

    def report(self, found: Mapping[str, int], *, deletes: bool) -> Collection:
        """Return what was found and done."""
        tally = self._tally
        counted: dict[str, Any] = {item.name: getattr(tally, item.name) for item in fields(tally)}
        counted |= {"missing": tuple(tally.missing), "failed": tuple(tally.failed), **found}
        return Collection(
            **counted,
            organization=self._organization,
            started=self._started,
            deletes=deletes,
            columns=len(self.columns),
        )
