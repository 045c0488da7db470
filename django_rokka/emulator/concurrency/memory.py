"""Answers that hold as long as nothing in the database changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from django_rokka.emulator.store.changes import ChangeWatch

__all__ = ["Memory"]

T = TypeVar("T")

Version = tuple[int, ...]
"""A state of the database."""


class Memory(Generic[T]):
    """The last values that were worked out, all of which one change of the database makes void."""

    def __init__(self, changes: ChangeWatch, *, size: int) -> None:
        self._changes = changes
        self._size = size
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._version: Version = ()
        self._lock = threading.Lock()

    def version(self) -> Version:
        """Return the state of the database: ask before a value is worked out."""
        return self._changes.version()

    def recall(self, key: Hashable, version: Version) -> T | None:
        """Return a value that was worked out from this state of the database."""
        with self._lock:
            if version != self._version or key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def remember(self, key: Hashable, version: Version, value: T) -> None:
        """Keep a value with the state from which it was worked out."""
        with self._lock:
            if version != self._version:
                self._values.clear()
                self._version = version
            self._values[key] = value
            if len(self._values) > self._size:
                self._values.popitem(last=False)

    def close(self) -> None:
        """Close what is open; the memory can be used again."""
        self._changes.close()
