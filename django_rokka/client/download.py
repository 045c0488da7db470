"""The bytes of a source image, while they come in."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from hashlib import sha1
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from django_rokka.exceptions import IntegrityError

if TYPE_CHECKING:
    from django_rokka.client.calls import Call

__all__ = ["Download"]


class Download(AbstractContextManager["Download"]):
    """An open answer whose body is read block by block, once.

    ``size`` is in bytes, ``None`` when rokka does not say. Use it in a ``with`` statement, or
    close it: until then it keeps its connection. Reading raises ``ConnectionFailed`` when the
    connection breaks or fewer bytes come than were announced, and after the last block
    ``IntegrityError`` when the SHA-1 is not the one that ``verify_sha1`` asks for.
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
        self.size = size

    def __repr__(self) -> str:
        return f"<Download of {self._call.path}>"

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

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
        cut off, if it can be. A path gets a new file, or what stood there before: never a part.
        """
        if isinstance(target, (str, os.PathLike)):
            return self._write_to_path(Path(target))
        start = target.tell() if target.seekable() else None
        try:
            return sum(target.write(block) for block in self._blocks)
        except BaseException:
            if start is not None:
                target.seek(start)
                target.truncate()
            raise

    def close(self) -> None:
        """Give the connection back, or drop it if bytes are left unread."""
        close, self._close = self._close, _do_nothing
        close()
        # Lets go of the answer, which keeps its pool of connections open after all others.
        self._blocks = map(_refuse, (self,))

    def _write_to_path(self, path: Path) -> int:
        part = path.with_name(f".{path.name[:80]}.{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as file:
                count = sum(file.write(block) for block in self._blocks)
            part.replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                part.unlink()
            raise
        return count

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


def _refuse(download: Download) -> NoReturn:
    raise ValueError(f"{download!r} is closed. Read it inside of its with statement.")
