"""Files opened from a rokka storage."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha1
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.core.files import File

from django_rokka.exceptions import IntegrityError, NotFound, OrganizationNotFound
from django_rokka.render import ImageReference

if TYPE_CHECKING:
    from django_rokka.client import RokkaClient

__all__ = ["SPOOL_SIZE", "RokkaFile", "missing_is_file_not_found"]

_NO_METADATA = "a:0:{}"  # as PHP writes an empty array

SPOOL_SIZE = 1024 * 1024
"""Bytes of an opened image that are kept in memory; the rest is on disk."""


class RokkaFile(File):  # type: ignore[type-arg]  # generic in the stubs only
    """An image opened from a storage; its bytes are fetched when they are first read.

    With ``verify`` they are compared with the hash, and reading raises ``IntegrityError`` where
    other bytes came than rokka holds.
    """

    def __init__(self, name: str, *, client: RokkaClient, verify: bool = True) -> None:
        super().__init__(None, name)
        self.mode = "rb"
        self._client = client
        self._verify = verify
        self._spool: IO[bytes] | None = None

    @property
    def file(self) -> IO[bytes]:
        """The bytes, in memory up to ``SPOOL_SIZE`` and on disk beyond."""
        if self._spool is None:
            self._spool = self._fetch()
        return self._spool

    @file.setter
    def file(self, value: IO[bytes] | None) -> None:
        self._spool = value

    @property
    def closed(self) -> bool:
        """Whether it was read and closed; an image not read yet is open."""
        return self._spool is not None and self._spool.closed

    @functools.cached_property
    def size(self) -> int:
        """The size in bytes; asks rokka as long as nothing has been read."""
        if self._spool is None or self._spool.closed:
            with missing_is_file_not_found():
                return self._client.source_images.get(self._hash).size
        position = self._spool.tell()
        size = self._spool.seek(0, os.SEEK_END)
        self._spool.seek(position)
        return size

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> RokkaFile:
        """Go back to the first byte; a closed file is fetched again."""
        if mode not in (None, "rb"):
            raise ValueError(f"{self.name!r} can only be opened with mode 'rb', not {mode!r}.")
        if self._spool is not None and self._spool.closed:
            self._spool = None
        elif self._spool is not None:
            self._spool.seek(0)
        return self

    def close(self) -> None:
        """Free what was fetched."""
        if self._spool is not None:
            self._spool.close()

    def writable(self) -> bool:
        """Say no: what a hash stands for does not change."""
        return False

    @property
    def _hash(self) -> str:
        return ImageReference.parse(self.name or "").hash

    def _fetch(self) -> IO[bytes]:
        with ExitStack() as on_error:
            spool = on_error.enter_context(SpooledTemporaryFile(max_size=SPOOL_SIZE))
            digest = sha1(usedforsecurity=False)
            with (
                missing_is_file_not_found(),
                self._client.source_images.download(self._hash) as download,
            ):
                for block in download:
                    digest.update(block)
                    spool.write(block)
                if self._verify:
                    self._check(digest.hexdigest())
            spool.seek(0)
            on_error.pop_all()
        return spool

    def _check(self, binary_hash: str) -> None:
        """Compare the SHA-1 of the bytes with that of the image.

        The hash of a plain image follows from it. That of a protected one, or one with dynamic
        metadata, does not, so rokka is asked for it.
        """
        if (
            sha1(f"{binary_hash}{_NO_METADATA}".encode(), usedforsecurity=False).hexdigest()
            == self._hash
        ):
            return
        expected = self._client.source_images.get(self._hash).binary_hash
        if binary_hash != expected:
            raise IntegrityError(
                f"The file of {self.name!r} came with the SHA-1 {binary_hash!r} instead of"
                f" {expected!r}. Read it again, or turn off the option verify where rokka"
                " optimizes what it gets."
            )


@contextmanager
def missing_is_file_not_found() -> Iterator[None]:
    """Raise ``FileNotFoundError`` for a missing image; a missing organization is none."""
    try:
        yield
    except OrganizationNotFound:
        raise
    except NotFound as error:
        raise FileNotFoundError(str(error)) from error
