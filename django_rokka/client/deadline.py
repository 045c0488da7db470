"""The clock of the client, and the time a call may take in all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

__all__ = ["Clock", "Deadline", "Timeouts"]

Timeouts = tuple[float, float]
"""Seconds to wait for a connection, and for each piece of an answer."""

_SHORTEST_TIMEOUT = 0.001  # zero would mean "do not block" to a socket


class Clock(Protocol):
    """What the client asks of time; the standard library's ``time`` module is one."""

    def time(self) -> float:
        """Return seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Return seconds of a clock that is never set back."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


class Deadline:
    """The end of the time that one call has for all its attempts; ``None`` seconds never end.

    It shortens timeouts and is checked at every block, so a call overruns it by at most what a
    single block may take.
    """

    __slots__ = ("_clock", "_end", "seconds")

    def __init__(self, seconds: float | None, *, clock: Clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = None if seconds is None else clock.monotonic() + seconds

    @property
    def seconds_left(self) -> float | None:
        """How long it is until the deadline, 0 when it has passed, ``None`` when it never ends."""
        return None if self._end is None else max(0.0, self._end - self._clock.monotonic())

    def has_time_for(self, seconds: float) -> bool:
        """Say whether waiting that long ends before the deadline."""
        return self._end is None or self._clock.monotonic() + seconds < self._end

    def shorten(self, timeouts: Timeouts) -> Timeouts:
        """Return timeouts that end no later than the deadline."""
        if self._end is None:
            return timeouts
        left = max(self._end - self._clock.monotonic(), _SHORTEST_TIMEOUT)
        return min(timeouts[0], left), min(timeouts[1], left)

    def watch(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass blocks on; raise ``TimeoutError`` once the deadline has passed."""
        for block in blocks:
            if not self.has_time_for(0):
                raise TimeoutError(f"the deadline of {self.seconds:g} s has passed")
            yield block
