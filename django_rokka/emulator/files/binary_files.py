"""The binaries of the emulator: files named by the SHA-1 of their bytes."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

__all__ = ["BinaryFiles", "IncomingFile", "replacing"]

_PREFIX = "incoming-"
_DAY = 86_400


class IncomingFile:
    """A file while it is uploaded: written to disk and hashed as its bytes arrive.

    It is what werkzeug's form parser writes to; ``keep`` of ``BinaryFiles`` makes it permanent,
    ``close`` throws it away.
    """

    def __init__(self, folder: Path) -> None:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=_PREFIX)
        self.path = Path(name)
        self.size = 0
        self._file: IO[bytes] = os.fdopen(descriptor, "w+b")
        self._digest = hashlib.sha1(usedforsecurity=False)

    @property
    def binary_hash(self) -> str:
        """The SHA-1 of all bytes written so far, in hexadecimal."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        """Append bytes."""
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, as the form parser does when the part is complete."""
        return self._file.seek(offset, whence)

    def flush_to_disk(self) -> None:
        """Bring all bytes to the disk, so that a row may speak of them."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file, and remove it unless it was kept."""
        try:
            self._file.close()
        finally:
            self.path.unlink(missing_ok=True)

    def __getattr__(self, name: str) -> Any:
        # The form parser's wrapper passes on whatever a binary file has.
        return getattr(self._file, name)


class BinaryFiles:
    """A folder of files, two levels deep, each named by what it contains."""

    def __init__(self, root: Path) -> None:
        self._root = root / "binaries"
        self._incoming = root / "incoming"
        for folder in (self._root, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def path(self, binary_hash: str) -> Path:
        """Return where the file with this SHA-1 is, or would be."""
        return self._root / binary_hash[:2] / binary_hash[2:4] / binary_hash

    def receive(self) -> IncomingFile:
        """Open a new file for bytes that are still to come."""
        return IncomingFile(self._incoming)

    def open_temporary(self) -> IO[bytes]:
        """Open a file that is gone when it is closed, on the disk that the root chose."""
        return cast("IO[bytes]", tempfile.TemporaryFile(dir=self._incoming, prefix=_PREFIX))

    def keep(self, file: IncomingFile) -> Path:
        """Put an uploaded file in its place; it is durable before any row mentions it."""
        target = self.path(file.binary_hash)
        if not target.exists():
            file.flush_to_disk()
            target.parent.mkdir(parents=True, exist_ok=True)
            file.path.replace(target)
            _sync_folder(target.parent)
        return target

    def _sweep(self) -> None:
        """Remove what killed processes left; a day keeps other processes' uploads safe."""
        for path in self._incoming.glob(f"{_PREFIX}*"):
            # Another process may be sweeping, too.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _DAY:
                    path.unlink()


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the target's name when all went well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, suffix=target.suffix)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the folder's new entry durable."""
    if os.name == "nt":  # pragma: no cover, Windows cannot open a folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
