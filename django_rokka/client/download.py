"""The bytes of a source image, while they come in."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import partial
from hashlib import sha1
from io import RawIOBase
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from django_rokka.client.multipart import is_seekable
from django_rokka.exceptions import CallFailed, ConnectionFailed, IntegrityError

if TYPE_CHECKING:
    from django_rokka.client.calls import Call

__all__ = ["DOWNLOAD_HEADERS", "Download"]

DOWNLOAD_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}
"""What asks for a body of any kind, as it is."""


class Download(Iterator[bytes], AbstractContextManager["Download"]):
    """An open answer whose body is read block by block, once.

    ``size`` is in bytes, ``None`` when rokka does not say. Use it in a ``with`` statement, or
    close it: until then it keeps its connection. Reading raises ``ConnectionFailed`` when the
    connection breaks or fewer bytes come than were announced, and after the last block
    ``IntegrityError`` when the SHA-1 is not the one that ``verify_sha1`` asks for. What failed
    once goes on failing, and what is closed raises ``ValueError``.
    """

    def __init__(
        self,
        blocks: Iterator[bytes],
        *,
        size: int | None,
        close: Callable[[], None],
        call: Call,
    ) -> None:
        self._blocks = blocks
        self._close = close
        self._call = call
        self._is_begun = False
        self._fail: Callable[[], Exception] | None = None
        self.size = size

    def __repr__(self) -> str:
        return f"<Download of {self._call.path}>"

    def __next__(self) -> bytes:
        self._is_begun = True
        if self._fail is not None:
            raise self._fail()
        try:
            return next(self._blocks)
        except StopIteration:
            raise
        except BaseException as error:
            self._fail = self._keep(error)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()

    def verify_sha1(self, expected: str) -> None:
        """Compare the bytes that come from now on with a SHA-1, in hexadecimal digits."""
        self._blocks = self._iter_verified(self._blocks, expected)

    def write_to(self, target: BinaryIO | str | os.PathLike[str]) -> int:
        """Write what is left, and return the count of bytes.

        An open file is written from where it stands; after an error it stands there again and is
        cut off, if it can be. A path gets a new file, or what stood there before: never a part,
        and so it raises ``ValueError`` when blocks were read already.
        """
        if isinstance(target, (str, os.PathLike)):
            return self._write_to_path(Path(target))
        start = target.tell() if is_seekable(target) else None
        try:
            return sum(_write(target, block) for block in self)
        except BaseException:
            if start is not None:
                target.seek(start)
                target.truncate()
            raise

    def read(self) -> bytes:
        """Return the whole body, all of it in memory.

        Raise ``ValueError`` when blocks were read already.
        """
        self._check_unread()
        return b"".join(self)

    def close(self) -> None:
        """Give the connection back, or drop it if bytes are left unread."""
        close, self._close = self._close, _do_nothing
        close()
        # Lets go of the answer, which keeps its pool of connections open after all others.
        self._blocks = iter(())
        self._fail = partial(
            ValueError, f"{self!r} is closed. Read it inside of its with statement."
        )

    def _write_to_path(self, path: Path) -> int:
        self._check_unread()
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as file:
                count = sum(file.write(block) for block in self)
            part.replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                part.unlink()
            raise
        return count

    def _check_unread(self) -> None:
        if self._is_begun and self._fail is None:
            raise ValueError(
                f"{self!r} was read before, at least in part: what is left is not the whole body."
                " Download it again."
            )

    def _keep(self, error: BaseException) -> Callable[[], Exception]:
        """Return what makes the error again, without the frames that hold the connection."""
        kind, message = type(error), str(error)
        if not issubclass(kind, CallFailed):
            kind = ConnectionFailed
            message = f"{self!r} was interrupted before. Download it again."
        return partial(kind, message, method=self._call.method, path=self._call.path)

    def _iter_verified(self, blocks: Iterator[bytes], expected: str) -> Iterator[bytes]:
        digest = sha1(usedforsecurity=False)
        for block in blocks:
            digest.update(block)
            yield block
        if digest.hexdigest() != expected:
            raise IntegrityError(
                f"The answer to {self._call.method} {self._call.path} has the SHA-1"
                f" {digest.hexdigest()!r} instead of {expected!r}. Download it again.",
                method=self._call.method,
                path=self._call.path,
            )


def _do_nothing() -> None:
    """Close what is closed."""


def _write(target: BinaryIO, block: bytes) -> int:
    """Write a block whole; what reports no count has taken it all, unless it is a raw file."""
    write: Callable[[bytes], int | None] = target.write
    left = block
    while left:
        count = write(left)
        if not count and (count == 0 or isinstance(target, RawIOBase)):
            raise BlockingIOError(f"{target!r} takes no bytes for now. Make it a blocking one.")
        left = b"" if count is None else left[count:]
    return len(block)
