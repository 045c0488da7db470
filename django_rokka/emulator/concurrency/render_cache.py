"""Renders on disk: found again, made once, and no more of them than there is room for."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from django_rokka.emulator.concurrency.counters import Counters
from django_rokka.emulator.concurrency.forks import renew_after_fork
from django_rokka.emulator.concurrency.single_flight import SingleFlight

if sys.platform != "win32":
    import fcntl

__all__ = ["RenderCache", "Rendered"]

Make = Callable[[Path], str]
"""Write a render to a path and return its format."""

_ABANDONED = 3600
"""Seconds after which an unfinished file belongs to a process that was killed."""
_FRESH = 1
"""Seconds during which another use of a render need not be noted."""
_WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems of a network say that have no locks."""
_SHARE = 16
"""The part of the room that one process fills before it looks what others did."""


class Rendered(NamedTuple):
    """A render that is open for reading, so that nothing takes it away, and its format."""

    file: IO[bytes]
    format: str


class RenderCache:
    """The renders of a root; those that were not used for the longest time go first.

    Several processes may share the root. Each threads' equal wishes are made once; where the
    system has locks of files, those of several processes are, too.
    """

    def __init__(self, root: Path, *, maximum: int, counters: Counters) -> None:
        self._folder = root / "renders"
        self._unfinished = root / "rendering"
        self._locks = root / "render-locks"
        self._maximum = maximum
        self._counters = counters
        self._flights = SingleFlight()
        # Nothing is known yet: the first new render looks.
        self._size = maximum
        self._added = 0
        self.renew()
        renew_after_fork(self)
        self._make_folders()
        self._sweep()

    def renew(self) -> None:
        """Free the lock, which a thread of another process held when this one was forked."""
        self._lock = threading.Lock()

    def fetch(self, key: str, *, formats: Iterable[str], make: Make) -> Rendered:
        """Return a render by its key, which is made where there is none in any of the formats."""
        names = tuple(formats)
        made: list[Rendered] = []

        def work() -> None:
            self._make_folders()
            with self._alone(key):
                # Another process may have been faster.
                if not self._has(key, names) and (rendered := self._make(key, make)):
                    made.append(rendered)

        while True:
            if found := self._open(key, names):
                self._counters.count("cache_hits")
                return found
            self._flights.run(key, work)
            if made:
                return made[0]

    def make_once(self, make: Make) -> Rendered:
        """Return a render that nobody finds again."""
        self._make_folders()
        path = self._unfinished_path()
        try:
            written = make(path)
            self._counters.count("renders")
            return Rendered(path.open("rb"), written)
        finally:
            # Windows keeps what is open; it is swept later.
            with suppress(PermissionError):
                path.unlink(missing_ok=True)

    def _make_folders(self) -> None:
        """Make the folders, which may be deleted at any time to have all renders made anew."""
        for folder in (self._folder, self._unfinished, self._locks):
            folder.mkdir(parents=True, exist_ok=True)

    def _path(self, key: str, format: str) -> Path:
        return self._folder / key[:2] / key[2:4] / f"{key}.{format}"

    def _open(self, key: str, formats: Iterable[str]) -> Rendered | None:
        for name in formats:
            path = self._path(key, name)
            with suppress(FileNotFoundError):
                file = path.open("rb")
                # A computer that lost its power may leave the name of a file without its bytes.
                if not os.fstat(file.fileno()).st_size:
                    file.close()
                    continue
                _note_use(file, path)
                return Rendered(file, name)
        return None

    def _has(self, key: str, formats: Iterable[str]) -> bool:
        for name in formats:
            with suppress(FileNotFoundError):
                if self._path(key, name).stat().st_size:
                    return True
        return False

    def _make(self, key: str, make: Make) -> Rendered | None:
        """Return a new render; ``None`` if another process needed its room at once."""
        path = self._unfinished_path()
        try:
            written = make(path)
            self._counters.count("renders")
            size = _bring_to_disk(path)
            target = self._path(key, written)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        finally:
            path.unlink(missing_ok=True)
        # Opened before it can be the one that has to go.
        rendered = self._open(key, [written])
        self._add(size)
        return rendered

    def _unfinished_path(self) -> Path:
        descriptor, name = tempfile.mkstemp(dir=self._unfinished)
        os.close(descriptor)
        return Path(name)

    def _add(self, size: int) -> None:
        """Note a new render, and make room where there may be none left."""
        with self._lock:
            self._size += size
            self._added += size
            if self._size <= self._maximum and self._added <= self._maximum // _SHARE:
                return
            self._size = self._make_room()
            self._added = 0

    def _make_room(self) -> int:
        """Remove what was not used for long, and a little more; return what is left."""
        self._sweep()
        renders = sorted(_iter_renders(self._folder))
        size = sum(render.size for render in renders)
        if size <= self._maximum:
            return size
        for render in renders:
            if size <= self._maximum * (_SHARE - 1) // _SHARE:
                break
            # Windows keeps what is open.
            with suppress(PermissionError):
                render.path.unlink(missing_ok=True)
                size -= render.size
        return size

    def _sweep(self) -> None:
        """Remove what killed processes left unfinished."""
        for path in self._unfinished.glob("*"):
            # Another process may be sweeping, too.
            with suppress(FileNotFoundError, PermissionError):
                if path.stat().st_mtime < time.time() - _ABANDONED:
                    path.unlink()

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Wait for other processes that make the same render; a killed one's lock is free."""
        # Few files, which stay: renders that share one wait for each other now and then.
        with (self._locks / key[:2]).open("ab") as file:
            _lock(file)
            yield


class _Render(NamedTuple):
    used: float
    path: Path
    size: int


def _lock(file: IO[bytes]) -> None:
    """Wait for the lock; without such locks a render may be made by two processes."""
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise


def _bring_to_disk(path: Path) -> int:
    """Write out a finished file, so that its name never has less than all bytes; return its size.

    One without bytes would be taken for one that was lost, again and again.
    """
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    if not size:
        raise ValueError("A render has no bytes.")
    return size


def _note_use(file: IO[bytes], path: Path) -> None:
    """Note the time in the file's access time; its modification time is for browsers."""
    status = os.fstat(file.fileno())
    now = time.time()
    if now - status.st_atime > _FRESH:
        # It may have been evicted since it was opened.
        with suppress(FileNotFoundError):
            os.utime(path, ns=(int(now * 1e9), status.st_mtime_ns))


def _iter_renders(folder: Path) -> Iterator[_Render]:
    for directory, _, names in os.walk(folder):
        for name in names:
            path = Path(directory, name)
            # Another process may be making room, too.
            with suppress(FileNotFoundError):
                status = path.stat()
                yield _Render(status.st_atime, path, status.st_size)
