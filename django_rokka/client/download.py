"""The bytes of a source image, while they come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import BinaryIO

__all__ = ["Download"]


class Download(AbstractContextManager["Download"]):
    """An open answer whose body is read block by block, once.

    ``size`` is in bytes, ``None`` when rokka does not say. Use it in a ``with`` statement, or
    close it: until then it keeps its connection. Reading raises ``ConnectionFailed`` when the
    connection breaks or fewer bytes come than were announced.
    """

    def __init__(
        self, blocks: Iterator[bytes], *, size: int | None, close: Callable[[], None]
    ) -> None:
        self._blocks = blocks
        self._close = close
        self.size = size

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

    def write_to(self, file: BinaryIO) -> int:
        """Write what is left to a file opened for binary writing; return the count of bytes."""
        return sum(file.write(block) for block in self._blocks)

    def close(self) -> None:
        """Give the connection back, or drop it if bytes are left unread."""
        self._close()
