"""The scan: what all columns refer to is kept at rokka, restored and marked as used."""

from __future__ import annotations

from collections.abc import Iterable

from django_rokka.collector.calls import Calls
from django_rokka.collector.mirror import Mirror
from django_rokka.collector.report import Tally
from django_rokka.columns import Column, Gathered, Mentioned
from django_rokka.exceptions import NotFound, OrganizationNotFound
from django_rokka.models import SourceImage

__all__ = ["Scan"]

_REMEMBERED = 10_000
"""Hashes that rokka does not have, and is not asked for again in the same run."""


class Scan:
    """Read every column once, and write down for each image that it was found."""

    def __init__(self, mirror: Mirror, calls: Calls, tally: Tally) -> None:
        self._mirror = mirror
        self._calls = calls
        self._tally = tally
        self._gone: set[str] = set()
        self.has_found = False

    def run(self, columns: Iterable[Column], *mentioned: Mentioned) -> None:
        """Scan the columns and what else names images, then release what was not found in any.

        ``has_found`` is whether there was any reference.
        """
        for named in mentioned:
            self._keep(set(named.hashes), set(named.prefixes))
        for column in columns:
            for gathered in column.iter_batches():
                self._take(column, gathered)
        self._tally.released = self._mirror.release_others()

    def _take(self, column: Column, gathered: Gathered) -> None:
        self._tally.broken += gathered.broken
        self.has_found = self.has_found or bool(gathered.certain)
        if len(self._gone) > _REMEMBERED:
            self._gone.clear()
        certain = {found.hash for found in gathered.certain}
        known = self._keep(certain | gathered.possible, gathered.prefixes)
        for unknown in sorted(certain - known - self._gone):
            self._ask(unknown)
        for found in gathered.certain:
            if found.hash in self._gone:
                self._tally.miss(column, found)

    def _keep(self, hashes: set[str], prefixes: set[str]) -> set[str]:
        """Note that something refers to these; return the hashes that the mirror knows."""
        rows = self._mirror.read(hashes, prefixes)
        self.has_found = self.has_found or bool(rows)
        self._mirror.keep([row.hash for row in rows])
        for row in rows:
            self._protect(row)
        return {row.hash for row in rows}

    def _protect(self, row: SourceImage) -> None:
        """Restore an image that was deleted; mark as ours one that is not."""
        if row.deleted_at is not None and row.hash not in self._gone:
            self._bring_back(row.hash)
        elif row.deleted_at is None and not row.locked:
            self._add_mark(row)

    def _add_mark(self, row: SourceImage) -> None:
        try:
            metadata = self._calls.add_mark(row.hash, row.user_metadata)
        except OrganizationNotFound:
            raise
        except NotFound:  # deleted since the mirror was brought up to date
            self._bring_back(row.hash)
            return
        if metadata != row.user_metadata:
            self._mirror.rows.filter(pk=row.pk).update(user_metadata=metadata)

    def _ask(self, hash: str) -> None:
        """Look at rokka for an image that is referred to, and that the mirror does not know."""
        if self._bring_back(hash):
            self._mirror.keep([hash])

    def _bring_back(self, hash: str) -> bool:
        try:
            return self._calls.bring_back(hash) is not None
        except OrganizationNotFound:
            raise
        except NotFound:
            self._gone.add(hash)
            return False
