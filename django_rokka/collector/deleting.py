"""Deleting what has been unreferenced for long, so that whoever uses it by then does not lose it.

Nothing is locked. References are looked for before an image is deleted and once more after it:
who saves one meanwhile either is seen here, or asks rokka after the commit and sees the deletion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from django_rokka.client import SourceImage
from django_rokka.collector.calls import Calls, find_environments
from django_rokka.collector.mirror import Mirror
from django_rokka.collector.report import Tally
from django_rokka.columns import Column, find_referenced
from django_rokka.exceptions import NotFound, OrganizationNotFound
from django_rokka.library import record
from django_rokka.storage import RokkaStorage

__all__ = ["Sweep"]

_IMAGES = 50
"""How many images are deleted between two looks at the columns."""


class Sweep:
    """Delete images; of those that other environments use, take only our mark away."""

    def __init__(
        self,
        storage: RokkaStorage,
        mirror: Mirror,
        calls: Calls,
        tally: Tally,
        *,
        columns: list[Column],
    ) -> None:
        self._storage = storage
        self._mirror = mirror
        self._calls = calls
        self._tally = tally
        self._columns = columns
        self._field = storage.config.environment_field
        self._deleted: dict[str, bool] = {}  # and whether rokka confirmed it
        self._unmarked: list[str] = []

    def run(self, *, grace: timedelta, limit: int | None) -> None:
        """Go through what is due; ``limit`` is how many images to delete at most."""
        for hashes in self._iter_due(grace):
            if self._tally.stopped or self._is_enough(limit):
                return
            named = self._find_named(hashes)
            self._mirror.rescue(named)
            self._tally.rescued += len(named)
            try:
                self._let_go_all([key for key in hashes if key not in named], limit=limit)
            finally:
                self._check_again()

    def _iter_due(self, grace: timedelta) -> Iterator[list[str]]:
        """Walk by the hash, so that what is left alone does not come again."""
        due = self._mirror.get_due(grace=grace).order_by("hash").values_list("hash", flat=True)
        hashes = list(due[:_IMAGES])
        while hashes:
            yield hashes
            hashes = list(due.filter(hash__gt=hashes[-1])[:_IMAGES])

    def _let_go_all(self, hashes: list[str], *, limit: int | None) -> None:
        for key in hashes:
            if self._tally.stopped or self._is_enough(limit):
                return
            self._let_go(key)

    def _is_enough(self, limit: int | None) -> bool:
        return limit is not None and self._tally.deleted + len(self._deleted) >= limit

    def _find_named(self, hashes: Collection[str]) -> set[str]:
        return find_referenced(self._storage, hashes, columns=self._columns)

    def _let_go(self, hash: str) -> None:
        """Delete an image if rokka says at this moment that it is ours alone."""
        try:
            image = self._calls.fetch(hash)
        except OrganizationNotFound:
            raise
        except NotFound:
            self._mirror.note_deleted(hash)
            return
        if image is None or self._is_left_alone(image):
            return
        if find_environments(image.user_metadata) - {self._field}:
            self._take_mark_away(image)
        else:
            self._delete(hash)

    def _is_left_alone(self, image: SourceImage) -> bool:
        marks = find_environments(image.user_metadata)
        is_foreign = self._field not in marks if self._field else bool(marks)
        is_young = self._mirror.is_young(image.created)
        if not (image.is_locked or is_foreign or is_young):
            return False
        self._tally.locked += image.is_locked
        self._tally.foreign += is_foreign and not image.is_locked
        self._tally.young += is_young and not (image.is_locked or is_foreign)
        record(self._storage, image)
        return True

    def _take_mark_away(self, image: SourceImage) -> None:
        self._unmarked.append(image.hash)  # first: the call may be done without an answer
        try:
            if self._calls.take_mark_away(image) is not None:
                self._tally.unmarked += 1
        except OrganizationNotFound:
            raise
        except NotFound:
            self._mirror.note_deleted(image.hash)

    def _delete(self, hash: str) -> None:
        self._deleted[hash] = False  # first: the call may be done without an answer
        try:
            self._deleted[hash] = self._calls.delete(hash)
        except OrganizationNotFound:
            raise
        except NotFound:
            self._deleted[hash] = True
        if self._deleted[hash]:
            self._mirror.note_deleted(hash)

    def _check_again(self) -> None:
        """Give back what somebody uses by now."""
        deleted, unmarked = self._deleted, self._unmarked
        self._deleted, self._unmarked = {}, []
        if not (deleted or unmarked):
            return
        named = self._find_named([*deleted, *unmarked])
        for key in sorted(named):
            self._give_back(key)
        for key, is_confirmed in deleted.items():
            if key not in named:
                self._settle(key, is_confirmed=is_confirmed)

    def _give_back(self, hash: str) -> None:
        self._mirror.rescue([hash])
        self._tally.rescued += 1
        try:
            self._calls.bring_back(hash, is_urgent=True)
        except OrganizationNotFound:
            raise
        except NotFound as error:
            self._tally.fail(hash, f"Rows refer to it, and it cannot be restored: {error}")

    def _settle(self, hash: str, *, is_confirmed: bool) -> None:
        """Look at a deleted image: another environment may have marked it at the last moment."""
        try:
            image = self._calls.fetch(hash, with_deleted=True, is_urgent=True)
            if image is not None and find_environments(image.user_metadata) - {self._field}:
                self._calls.restore(hash, is_urgent=True)
                return
            if image is not None and not image.is_deleted:
                record(self._storage, image)  # it was uploaded again, or never deleted
                return
        except OrganizationNotFound:
            raise
        except NotFound:
            image = None  # for good, which others may have hastened
        if image is not None or is_confirmed:
            self._tally.deleted += 1
            self._mirror.note_deleted(hash)
