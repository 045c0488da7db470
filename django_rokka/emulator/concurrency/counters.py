"""Numbers of what happened since the emulator was started."""

from __future__ import annotations

import threading
from collections import Counter

__all__ = ["Counters"]


class Counters:
    """Count events by name, from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, name: str) -> None:
        """Note that something happened once more."""
        with self._lock:
            self._counts[name] += 1

    def reset(self) -> None:
        """Begin at zero again."""
        with self._lock:
            self._counts.clear()

    def as_json(self) -> dict[str, int]:
        """Return what was counted so far, by name."""
        with self._lock:
            return dict(sorted(self._counts.items()))
