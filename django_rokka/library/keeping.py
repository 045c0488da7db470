"""What rows refer to: kept at rokka, brought back where it was deleted, and released again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from weakref import WeakKeyDictionary

from django.db.models import Q
from django.utils import timezone

from django_rokka import client
from django_rokka.conf import as_stored
from django_rokka.exceptions import (
    CallFailed,
    ConnectionFailed,
    NotFound,
    OrganizationNotFound,
    RokkaError,
    Timeout,
)
from django_rokka.library.recording import locked, record, repeated
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

__all__ = ["is_fresh", "keep", "release"]

_SECONDS = 10
"""How long all calls of one ``keep`` may take together: it holds up the request that saved."""

_PAUSE = 10
"""Seconds in which rokka is asked no more after it has not answered: one save has waited for it."""

_FRESH = timedelta(minutes=10)
"""So young an image is, that rokka need not be asked for it: no collector deletes it yet."""

_ROUNDS = 3
"""Tries to mark an image that others delete meanwhile."""

_pauses: WeakKeyDictionary[client.RokkaClient, float] = WeakKeyDictionary()
"""Until when, by the monotonic clock, a client that got no answer is left alone."""

logger = logging.getLogger("django_rokka.library")


def is_fresh(created: datetime | None) -> bool:
    """Say whether an upload's answer, which tells when rokka got the image, confirms it for now."""
    return created is not None and abs(timezone.now() - as_stored(created)) < _FRESH


def keep(
    storage: RokkaStorage, references: Iterable[ImageReference], *, is_confirmed: bool
) -> None:
    """Note that rows refer to these images by now, and bring back those that were deleted.

    Call it once the rows are committed. Where it is not ``is_confirmed`` by an upload of just now
    that rokka has the images, or where the mirror says that one was released or deleted, rokka is
    asked, and told that this environment uses the image. An error of rokka is logged, never
    raised: the rows are saved. Where rokka has not answered, it is not asked for the next 10
    seconds, so that a request which saves many rows waits for it once.
    GET and PATCH /sourceimages/{org}/{hash}, POST .../restore.
    """
    hashes = sorted({reference.hash for reference in references})
    known = _mark_kept(hashes, organization=storage.config.organization)
    asked = [wanted for wanted in hashes if not is_confirmed or known.get(wanted)]
    if asked and monotonic() < _pauses.get(storage.client, 0):
        _log_unasked(storage, asked, "It has not answered just now, so it was not asked again.")
        return
    end = monotonic() + _SECONDS
    for position, wanted in enumerate(asked):
        try:
            image = _Confirmation(storage, wanted, end=end).confirm()
        except RokkaError as error:
            if isinstance(error, NotFound) and not isinstance(error, OrganizationNotFound):
                _log_lost(storage, wanted, error)
                continue
            if isinstance(error, ConnectionFailed):
                _pauses[storage.client] = monotonic() + _PAUSE
            _log_unasked(storage, asked[position:], error)
            return
        record(storage, image, is_wanted=True)


def release(storage: RokkaStorage, references: Iterable[ImageReference]) -> None:
    """Note that rows have let go of these images: a mark, which the collector looks into.

    Do nothing where the storage is ``read_only`` or its option ``on_delete`` is ``"never"``.
    """
    config = storage.config
    if config.read_only or config.on_delete == "never":
        return
    if hashes := sorted({reference.hash for reference in references}):
        _mark_released(hashes, organization=config.organization)


@repeated
def _mark_released(hashes: Collection[str], *, organization: str) -> None:
    now = timezone.now()
    with locked(organization, hashes) as rows:
        # Clocks differ: what was released later by another one's stays so.
        rows.filter(Q(released_at=None) | Q(released_at__lt=now)).update(released_at=now)


@repeated
def _mark_kept(hashes: Collection[str], *, organization: str) -> dict[str, bool]:
    """Take releases back; say of each image in the mirror if it had been released or deleted."""
    if not hashes:
        return {}
    with locked(organization, hashes) as rows:
        states = list(rows.values_list("hash", "released_at", "deleted_at"))
        if states:
            rows.update(released_at=None, scanned_at=timezone.now())
    return {key: any(times) for key, *times in states}


class _Confirmation:
    """The calls that make sure of one image; ``end`` is when the clock lets no more of them."""

    def __init__(self, storage: RokkaStorage, hash: str, *, end: float) -> None:
        self._images = storage.client.source_images
        self._config = storage.config
        self._hash = hash
        self._end = end

    def confirm(self) -> client.SourceImage:
        """Return the image, restored and marked as ours if need be.

        Raise ``NotFound`` when it is gone for good.
        """
        for _ in range(_ROUNDS):
            image = self._get_alive()
            try:
                return self._mark(image)
            except OrganizationNotFound:
                raise
            except NotFound:
                continue  # deleted since it was read, by one who could not see our mark
        raise CallFailed(
            f"The image {self._hash} was deleted {_ROUNDS} times while it was marked as used."
            " Is another job at work?"
        )

    def _get_alive(self) -> client.SourceImage:
        try:
            return self._images.get(self._hash, deadline=self._get_seconds_left())
        except OrganizationNotFound:
            raise
        except NotFound:
            if self._config.read_only:
                raise
            return self._images.restore(self._hash, deadline=self._get_seconds_left())

    def _mark(self, image: client.SourceImage) -> client.SourceImage:
        """Say at rokka that our environment uses the image; nobody can delete a locked one."""
        field = self._config.environment_field
        is_marked = not field or field in image.user_metadata
        if is_marked or image.is_locked or self._config.read_only:
            return image
        mark = {field: self._config.environment}
        self._images.metadata.add(self._hash, mark, deadline=self._get_seconds_left())
        return replace(image, user_metadata={**image.user_metadata, **mark})

    def _get_seconds_left(self) -> float:
        left = self._end - monotonic()
        if left <= 0:
            raise Timeout(f"The {_SECONDS} s for keeping images have passed.")
        return left


def _log_lost(storage: RokkaStorage, hash: str, error: NotFound) -> None:
    if storage.config.read_only:
        what, remedy = "deleted at rokka", "Restore it there; this storage is read_only."
    else:
        what, remedy = "gone for good at rokka", "Upload it again, or choose another image."
    logger.error("Rows refer to the image %s, which is %s: %s %s", hash, what, error, remedy)


def _log_unasked(storage: RokkaStorage, hashes: Collection[str], reason: RokkaError | str) -> None:
    logger.error(
        "Whether rokka (organization %s) still has the images %s, which rows refer to, was not"
        " found out: %s The next collection restores what was deleted.",
        storage.config.organization,
        ", ".join(hashes),
        reason,
    )
