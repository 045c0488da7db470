"""Walks through all that an organization has at rokka, so that the mirror is complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from django_rokka import client, models
from django_rokka.conf import as_aware, as_stored
from django_rokka.exceptions import NotFound, OrganizationNotFound
from django_rokka.library.recording import (
    get_database,
    get_rows,
    locked,
    repeated,
    write_rows,
)
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["SyncReport", "sync"]

_LAG = timedelta(minutes=1)
"""What changed since is not believed of a list: rokka's know of changes after some seconds."""

_GONE = timedelta(days=31)
"""What was deleted that long ago is gone for good: rokka keeps it for 30 days."""

_SOME = 200
"""Images that are asked for one by one, between two writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a walk has found: images that rokka has, and what that changed in the mirror.

    ``created`` counts rows of images that were not known, ``deleted`` and ``restored`` those that
    changed at rokka in this way, ``forgotten`` rows of images that are gone for good. A walk that
    ``is_resumed`` counts from where the one before was cut off.
    """

    organization: str
    started: datetime
    is_resumed: bool
    seen: int = 0
    created: int = 0
    deleted: int = 0
    restored: int = 0
    forgotten: int = 0

    def __str__(self) -> str:
        since = f", going on with the walk of {self.started:%Y-%m-%d %H:%M %Z}"
        return (
            f"{self.organization}: {self.seen:,} images seen{since if self.is_resumed else ''};"
            f" {self.created:,} new, {self.deleted:,} deleted, {self.restored:,} restored,"
            f" {self.forgotten:,} forgotten."
        )


def sync(
    storage: RokkaStorage | None = None,
    *,
    page_size: int = 1000,
    on_progress: Callable[[SyncReport], object] | None = None,
) -> SyncReport:
    """Bring the mirror of a storage's organization up to date; nothing changes at rokka.

    Without ``storage`` it is the only rokka storage. Images are read ``page_size`` at a time, and
    ``on_progress`` is told after each piece how far it is. A run that was cut off less than a day
    ago goes on where it was, and several at once share the walk. An error of rokka comes through,
    with all that was done until then kept. GET /sourceimages/{org}, and GET of what it leaves out.
    """
    return _Walk(
        storage or get_rokka_storage(),
        page_size=page_size,
        on_progress=on_progress,
    ).finish()


class _State(NamedTuple):
    """What the mirror says of an image."""

    deleted_at: datetime | None
    scanned_at: datetime | None


class _Walk:
    """One process on its way through an organization."""

    def __init__(
        self,
        storage: RokkaStorage,
        *,
        page_size: int,
        on_progress: Callable[[SyncReport], object] | None,
    ) -> None:
        self._images = storage.client.source_images
        self._organization = storage.config.organization
        self._page_size = page_size
        self._on_progress = on_progress
        self._syncs = models.LibrarySync.objects.using(get_database())
        self._sync = self._syncs.begin(self._organization, now=timezone.now())
        self._report = SyncReport(
            organization=self._organization,
            started=self._sync.started,
            is_resumed=self._sync.position is not None,
        )

    def finish(self) -> SyncReport:
        self._list_alive()
        self._list_deleted()
        self._ask_for_unlisted()
        self._forget_gone()
        self._syncs.finish(self._sync, now=timezone.now())
        return self._report

    def _list_alive(self) -> None:
        """List images, the oldest first, so that those which are uploaded meanwhile come last."""
        position = self._sync.position
        images = self._images.iter(
            search=None if position is None else {"created": client.Range(as_aware(position))},
            sort="created",
            page_size=self._page_size,
        )
        for batch in _cut(images, self._page_size):
            counts = self._write(batch)
            self._syncs.advance(self._sync, as_stored(batch[-1].created))
            self._tell(counts, seen=len(batch))

    def _list_deleted(self) -> None:
        """List what rokka keeps to have it restored; what refers to it may not be known yet."""
        images = self._images.iter(deleted=True, sort="created", page_size=self._page_size)
        for batch in _cut(images, self._page_size):
            self._tell(self._write([replace(image, is_deleted=True) for image in batch]))

    def _ask_for_unlisted(self) -> None:
        """Ask for what no list has: just uploaded, restored, or deleted long ago."""
        now = timezone.now()
        is_open = Q(deleted_at=None) | Q(deleted_at__gt=now - _GONE, deleted_at__lt=now - _LAG)
        for hashes in self._iter_unlisted(is_open):
            answers = {key: self._ask(key) for key in hashes}
            counts = self._write([image for image in answers.values() if image])
            gone = [key for key in hashes if not answers[key]]
            self._tell(counts, forgotten=self._forget(gone))

    def _forget_gone(self) -> None:
        is_gone = Q(deleted_at__lte=timezone.now() - _GONE)
        for hashes in self._iter_unlisted(is_gone):
            self._tell(Counter(), forgotten=self._forget(hashes))

    def _iter_unlisted(self, condition: Q) -> Iterator[list[str]]:
        """Yield hashes of rows that were in none of the lists, some at a time."""
        rows = get_rows(self._organization).filter(condition & self._is_unlisted)
        last = ""
        while hashes := list(
            rows.filter(hash__gt=last).order_by("hash").values_list("hash", flat=True)[:_SOME]
        ):
            yield hashes
            last = hashes[-1]

    @property
    def _is_unlisted(self) -> Q:
        return Q(synced_at=None) | Q(synced_at__lt=self._sync.started)

    @repeated
    def _forget(self, hashes: Collection[str]) -> int:
        with locked(self._organization, hashes) as rows:
            number, _ = rows.filter(self._is_unlisted).delete()
        return int(number)

    def _ask(self, hash: str) -> client.SourceImage | None:
        """Return an image, deleted or not; ``None`` when it is gone for good."""
        return self._get(hash) or self._get(hash, with_deleted=True)

    def _get(self, hash: str, *, with_deleted: bool = False) -> client.SourceImage | None:
        try:
            return self._images.get(hash, with_deleted=with_deleted)
        except OrganizationNotFound:
            raise
        except NotFound:
            return None

    def _write(self, images: Iterable[client.SourceImage]) -> Counter[str]:
        """Write the rows of images that rokka has told of; count what changes."""
        told = {image.hash: image for image in images}
        rows = get_rows(self._organization).filter(hash__in=told)
        states = rows.values_list("hash", "deleted_at", "scanned_at")
        known = {key: _State(*state) for key, *state in states}
        believed = []
        counts = Counter[str]()
        for key, image in told.items():
            now_told = self._ask(key) if _is_doubtful(image, known.get(key)) else image
            if now_told is not None:
                believed.append(_keep_date(now_told, known.get(key)))
                counts[_name_change(now_told, known.get(key))] += 1
        # Clocks differ: what another process has begun must not look unlisted by our time.
        synced_at = max(timezone.now(), self._sync.started)
        write_rows(believed, organization=self._organization, synced_at=synced_at)
        return counts

    def _tell(self, counts: Counter[str], *, seen: int = 0, forgotten: int = 0) -> None:
        report = self._report
        self._report = replace(
            report,
            seen=report.seen + seen,
            created=report.created + counts["created"],
            deleted=report.deleted + counts["deleted"],
            restored=report.restored + counts["restored"],
            forgotten=report.forgotten + forgotten,
        )
        if self._on_progress is not None:
            self._on_progress(self._report)


def _cut(images: Iterator[client.SourceImage], size: int) -> Iterator[list[client.SourceImage]]:
    while batch := list(islice(images, size)):
        yield batch


def _is_doubtful(image: client.SourceImage, known: _State | None) -> bool:
    """Say whether a list contradicts what has been done to the image just now."""
    if known is None or image.is_deleted == (known.deleted_at is not None):
        return False
    done = known.scanned_at if image.is_deleted else known.deleted_at
    return done is not None and done > timezone.now() - _LAG


def _keep_date(image: client.SourceImage, known: _State | None) -> client.SourceImage:
    """Keep since when an image is deleted, where rokka does not say."""
    if known is None or image.deleted_date or not image.is_deleted:
        return image
    return replace(image, deleted_date=known.deleted_at)


def _name_change(image: client.SourceImage, known: _State | None) -> str:
    if known is None:
        return "deleted" if image.is_deleted else "created"
    if image.is_deleted == (known.deleted_at is not None):
        return "none"
    return "deleted" if image.is_deleted else "restored"
