"""What was asked of an emulator: counted, and the last requests by themselves."""

from __future__ import annotations

import io
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import IO, Any, NamedTuple, cast

from werkzeug.wsgi import ClosingIterator

__all__ = ["Asked", "Traffic"]

_MAX_REMEMBERED = 100


class Asked(NamedTuple):
    """One request; ``status`` is ``None`` where the connection was broken without an answer.

    ``endpoint`` is the route's pattern, which has no values in it; ``path`` is masked.
    """

    time: str
    method: str
    endpoint: str
    path: str
    status: int | None
    milliseconds: float
    has_fault: bool


class Traffic:
    """Counts of requests, connections and bytes of this process, since its start or a reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._last: deque[Asked] = deque(maxlen=_MAX_REMEMBERED)
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._numbers: Counter[str] = Counter()

    def note(self, asked: Asked) -> None:
        """Count a request, and remember it for a while."""
        group = f"{asked.status // 100}xx" if asked.status else "broken"
        with self._lock:
            self._last.appendleft(asked)
            self._requests[asked.method, asked.endpoint, group] += 1

    def open_connection(self) -> None:
        """Count a connection."""
        with self._lock:
            self._open += 1
            self._numbers["accepted"] += 1

    def close_connection(self) -> None:
        """Count the end of a connection."""
        with self._lock:
            self._open -= 1

    def count_received(self, body: IO[bytes]) -> IO[bytes]:
        """Count the bytes of a request's body as they are read."""
        return cast("IO[bytes]", _CountedBody(body, self))

    def count_sent(self, blocks: Iterable[bytes]) -> Iterable[bytes]:
        """Count the bytes of an answer's body as they are sent."""
        return ClosingIterator(self._count(blocks), getattr(blocks, "close", None))

    def add_bytes(self, direction: str, count: int) -> None:
        """Count bytes, ``in`` or ``out``."""
        with self._lock:
            self._numbers[direction] += count

    def reset(self) -> None:
        """Begin to count anew; open connections stay open."""
        with self._lock:
            self._last.clear()
            self._requests.clear()
            self._numbers.clear()

    def last(self) -> list[dict[str, Any]]:
        """Describe the last requests, newest first."""
        with self._lock:
            return [asked._asdict() for asked in self._last]

    def as_json(self) -> dict[str, Any]:
        """Write the counts."""
        with self._lock:
            by_endpoint = [
                {"method": method, "endpoint": endpoint, "status": status, "count": count}
                for (method, endpoint, status), count in sorted(self._requests.items())
            ]
            return {
                "requests": {"total": self._requests.total(), "by_endpoint": by_endpoint},
                "connections": {"accepted": self._numbers["accepted"], "open": self._open},
                "bytes": {"in": self._numbers["in"], "out": self._numbers["out"]},
            }

    def _count(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.add_bytes("out", len(block))
            yield block


class _CountedBody(io.RawIOBase):
    """A body that counts what is read of it."""

    def __init__(self, body: IO[bytes], traffic: Traffic) -> None:
        self._body = body
        self._traffic = traffic

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        self._traffic.add_bytes("in", len(data))
        return len(data)
