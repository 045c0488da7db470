"""The rows of the mirror that a collection reads and writes, always in the order of hashes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from django_rokka.conf import Config, as_stored
from django_rokka.library.recording import get_rows, locked
from django_rokka.models import SourceImage, SourceImageQuerySet

__all__ = ["Mirror"]

_ROWS = 500
"""How many rows are locked at once."""

_MIN_AGE = timedelta(hours=1)
"""Younger images are not deleted: rows that refer to them may be on their way."""


class Mirror:
    """The mirror of one organization, for a scan that began at ``run``."""

    def __init__(self, config: Config, *, run: datetime) -> None:
        self._config = config
        self._run = run

    @property
    def rows(self) -> SourceImageQuerySet:
        """All rows of the organization."""
        return get_rows(self._config.organization)

    @property
    def unreferenced(self) -> SourceImageQuerySet:
        """The images that no scan has found referred to since one found them unreferenced."""
        return self.rows.alive().unreferenced()

    def get_due(self, *, grace: timedelta) -> SourceImageQuerySet:
        """Return what may be deleted, as far as the mirror knows."""
        old: SourceImageQuerySet = self.unreferenced.filter(
            released_at__lte=timezone.now() - grace,
            created__lt=timezone.now() - _MIN_AGE,
            locked=False,
        )
        if field := self._config.environment_field:
            old = old.filter(user_metadata__has_key=field)
        return old

    def count(self, *, grace: timedelta) -> dict[str, int]:
        """Return the numbers of a report that change when images are deleted."""
        unreferenced = self.unreferenced.count()
        return {
            "referenced": self.rows.alive().count() - unreferenced,
            "unreferenced_count": unreferenced,
            "due": self.get_due(grace=grace).count(),
        }

    def is_young(self, created: datetime) -> bool:
        """Say whether an image is too young to be deleted."""
        return as_stored(created) > timezone.now() - _MIN_AGE

    def read(self, hashes: Collection[str], prefixes: Collection[str] = ()) -> list[SourceImage]:
        """Return the rows of these hashes and short hashes."""
        rows = self.rows.only("hash", "deleted_at", "scanned_at", "locked", "user_metadata")
        found = [
            row
            for part in _cut(sorted(hashes), _ROWS)
            for row in rows.filter(hash__in=part).order_by("hash")
        ]
        for part in _cut(sorted(prefixes), _ROWS // 5):
            # A range, for which every database has an index; "g" is the digit after the last.
            ranges = [Q(hash__gte=prefix, hash__lt=f"{prefix}g") for prefix in part]
            found += rows.filter(Q(*ranges, _connector=Q.OR)).order_by("hash")
        return found

    def keep(self, hashes: Collection[str]) -> None:
        """Note that this scan found these images referred to."""
        for part in _cut(sorted(hashes), _ROWS):
            with locked(self._config.organization, part) as rows:
                rows.filter(self._not_scanned).update(released_at=None, scanned_at=self._run)

    def rescue(self, hashes: Collection[str]) -> None:
        """Note that something refers to these images by now, whatever a scan has found."""
        for part in _cut(sorted(hashes), _ROWS):
            with locked(self._config.organization, part) as rows:
                rows.update(released_at=None, scanned_at=timezone.now())

    def release_others(self) -> int:
        """Note what this scan, now at its end, has not found; locked images count as found.

        Return how many were not found for the first time.
        """
        released = 0
        waiting = self.rows.alive().filter(self._not_scanned).order_by("hash")
        while part := list(waiting.values_list("hash", flat=True)[:_ROWS]):
            with locked(self._config.organization, part) as all_rows:
                rows = all_rows.filter(self._not_scanned)
                rows.filter(locked=True).update(released_at=None, scanned_at=self._run)
                # A signal alone is only a hint: the grace period begins with a scan.
                is_new = Q(released_at=None) | Q(scanned_at=None)
                is_new |= Q(released_at__gt=F("scanned_at"))
                released += rows.filter(is_new).update(released_at=self._run, scanned_at=self._run)
                rows.update(scanned_at=self._run)
        return released

    def note_deleted(self, hash: str) -> None:
        """Note a deletion. Whoever takes it back at rokka finds the grace period begun anew."""
        self.rows.filter(hash=hash).update(
            deleted_at=timezone.now(), released_at=None, scanned_at=None
        )

    @property
    def _not_scanned(self) -> Q:
        # Never "unequal": another collector may run, which began later.
        return Q(scanned_at=None) | Q(scanned_at__lt=self._run)


def _cut(items: list[str], size: int) -> list[list[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
