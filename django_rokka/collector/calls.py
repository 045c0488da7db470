"""Calls of rokka in a collection: one failure does not end it, an outage does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

from django_rokka import library
from django_rokka.client import SourceImage
from django_rokka.collector.report import Tally
from django_rokka.conf import ENVIRONMENT_PREFIX
from django_rokka.exceptions import (
    AuthenticationFailed,
    CallFailed,
    ConnectionFailed,
    NotFound,
    OrganizationNotFound,
    RateLimited,
)
from django_rokka.storage import RokkaStorage

__all__ = ["Calls", "find_environments"]

_ENDING = (AuthenticationFailed, ConnectionFailed, RateLimited)
"""Errors that the next image would meet too."""

_FAILURES = 5
"""After as many other errors in a row nothing more is deleted; what is in use is brought back."""

_ROUNDS = 3
"""Tries to mark an image that others delete meanwhile."""

_Answer_co = TypeVar("_Answer_co", covariant=True)


class _Call(Protocol[_Answer_co]):
    def __call__(self, hash: str, /) -> _Answer_co: ...


class Calls:
    """What a collection asks of rokka, until an error says that nothing more will succeed.

    Methods return ``None`` when the call failed, which the tally notes, and raise ``NotFound``
    when there is no such image. ``is_urgent`` calls are made after that error too: they take back
    what the run did.
    """

    def __init__(self, storage: RokkaStorage, tally: Tally) -> None:
        self._storage = storage
        self._images = storage.client.source_images
        self._tally = tally
        self._failures = 0
        self._is_over = False

    def fetch(
        self, hash: str, *, with_deleted: bool = False, is_urgent: bool = False
    ) -> SourceImage | None:
        """Read an image."""
        failures = self._failures
        call = partial(self._images.get, with_deleted=with_deleted)
        image = self._try(call, hash, is_urgent)
        # That an image can be read does not say that the writing works again.
        self._failures = max(failures, self._failures)
        return image

    def delete(self, hash: str) -> bool:
        """Delete an image; say whether rokka confirmed it."""
        return self._try(partial(_confirm, self._images.delete), hash) is not None

    def bring_back(self, hash: str, *, is_urgent: bool = False) -> SourceImage | None:
        """Return an image that something refers to: restored if need be, with our mark."""
        for _ in range(_ROUNDS):
            image = self._fetch_or_restore(hash, is_urgent=is_urgent)
            if image is None:
                return None
            try:
                return self.mark(image, is_urgent=is_urgent)
            except OrganizationNotFound:
                raise
            except NotFound:
                continue  # deleted since it was read, by one who could not see our mark
        self._tally.fail(hash, "It is deleted as often as it is restored. Is another job at work?")
        return None

    def restore(self, hash: str, *, is_urgent: bool = False) -> SourceImage | None:
        """Take a deletion back, and note that in the mirror."""
        if self._storage.config.read_only:
            self._tally.fail(hash, "It was deleted, and the storage is read_only. Restore it.")
            return None
        image = self._try(self._images.restore, hash, is_urgent)
        if image is not None:
            self._tally.restored += 1
            library.record(self._storage, image)
        return image

    def mark(self, image: SourceImage, *, is_urgent: bool = False) -> SourceImage:
        """Return the image with the mark of our environment, and note it in the mirror."""
        if not image.is_locked:  # nobody can delete it, nor change its metadata
            metadata = self.add_mark(image.hash, image.user_metadata, is_urgent=is_urgent)
            image = replace(image, user_metadata=metadata)
        library.record(self._storage, image)
        return image

    def add_mark(
        self, hash: str, user_metadata: Mapping[str, Any], *, is_urgent: bool = False
    ) -> Mapping[str, Any]:
        """Mark an image that has these user metadata; return what it has by then."""
        config = self._storage.config
        field = config.environment_field
        if not field or field in user_metadata or config.read_only:
            return user_metadata
        mark = {field: config.environment}
        add = partial(_confirm, partial(self._images.metadata.add, data=mark))
        if self._try(add, hash, is_urgent) is None:
            return user_metadata
        self._tally.marked += 1
        return {**user_metadata, **mark}

    def take_mark_away(self, image: SourceImage) -> SourceImage | None:
        """Return the image without the mark of our environment, and note it in the mirror."""
        field = self._storage.config.environment_field
        remove = partial(self._images.metadata.delete_field, field=field)
        if self._try(partial(_confirm, remove), image.hash) is None:
            return None
        left = {name: value for name, value in image.user_metadata.items() if name != field}
        image = replace(image, user_metadata=left)
        library.record(self._storage, image)
        return image

    def _fetch_or_restore(self, hash: str, *, is_urgent: bool) -> SourceImage | None:
        try:
            return self.fetch(hash, is_urgent=is_urgent)
        except OrganizationNotFound:
            raise
        except NotFound:
            return self.restore(hash, is_urgent=is_urgent)

    def _try(
        self,
        call: _Call[_Answer_co],
        hash: str,
        is_urgent: bool = False,  # noqa: FBT001, FBT002  # private, and passed on
    ) -> _Answer_co | None:
        if self._is_over and not is_urgent:
            return None
        try:
            answer = call(hash)
        except NotFound:
            raise
        except CallFailed as error:
            self._failures += 1
            self._tally.fail(hash, str(error))
            self._is_over = self._is_over or isinstance(error, _ENDING)
            if self._is_over or self._failures >= _FAILURES:
                self._tally.stopped = self._tally.stopped or str(error)
            return None
        self._failures = 0
        return answer


def find_environments(user_metadata: Mapping[str, Any]) -> set[str]:
    """Return the fields that mark an image as used by an environment."""
    return {name for name in user_metadata if name.startswith(ENVIRONMENT_PREFIX)}


def _confirm(call: _Call[None], hash: str) -> bool:
    call(hash)
    return True
