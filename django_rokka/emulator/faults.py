"""Faults on demand, so that a client's retries can be tried (API: ``/_emulator/faults``)."""

from __future__ import annotations

import random
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from werkzeug.wsgi import ClosingIterator

__all__ = ["Fault", "Faults", "Strike"]

_MAX_DELAY = 3600
_MAX_CORRUPT = 1_000_000
_FIRST_BYTES = 1024
"""Where an answer is corrupted whose length is not known."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_METHOD = re.compile(r"[A-Z]+|\*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to the next ``times`` requests of a method (``*`` for any) and path.

    ``path`` is a regular expression that is searched for; without ``times`` the fault stays until
    it is cleared. ``probability`` is the chance of each request to be struck, drawn by ``seed``,
    so that the same requests in the same order are struck again. ``delay`` is in seconds.
    ``reset_after`` resets the connection after so many bytes of the request's body, before any
    answer; ``reset_at`` after so many bytes of the answer's, where ``truncate_at`` ends it.
    ``corrupt`` changes so many bytes of the answer's body, and not its length.
    """

    method: str = "*"
    path: str = ""
    times: int | None = 1
    probability: float = 1
    seed: int | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    delay: float = 0
    reset_after: int | None = None
    reset_at: int | None = None
    truncate_at: int | None = None
    corrupt: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is meant."""
        return self.method in {"*", method} and re.search(self.path, path) is not None


class Strike(NamedTuple):
    """A fault that happens to a request, and the chance that decides about its bytes."""

    fault: Fault
    chance: random.Random

    def spoil(self, blocks: Iterable[bytes], *, length: int | None) -> Iterable[bytes]:
        """Change or break off the body of an answer; ``length`` is that of the whole, if known."""
        spoilt = iter(blocks)
        if self.fault.corrupt:
            spoilt = _corrupt(spoilt, self._choose_flips(length))
        if self.fault.truncate_at is not None:
            # The server closes the connection as if the answer were over.
            error: ConnectionError = ConnectionAbortedError("A fault: the body ends too early.")
            spoilt = _break_off(spoilt, self.fault.truncate_at, error)
        if self.fault.reset_at is not None:
            error = ConnectionResetError("A fault: the connection is reset in the body.")
            spoilt = _break_off(spoilt, self.fault.reset_at, error)
        close = getattr(blocks, "close", None)
        return ClosingIterator(spoilt, close)

    def _choose_flips(self, length: int | None) -> dict[int, int]:
        """Choose positions, and for each the bits to turn, one at least."""
        places = range(_FIRST_BYTES if length is None else length)
        chosen = self.chance.sample(places, min(self.fault.corrupt, len(places)))
        return {position: self.chance.randrange(1, 256) for position in chosen}


class Faults:
    """The faults that wait for their requests, in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._woken = threading.Condition()

    def add(self, **values: Any) -> None:
        """Add a fault; the arguments are the members of ``Fault``.

        Raise ``TypeError`` or ``ValueError`` for what would break the request that it is meant for.
        """
        fault = Fault(**values)
        for name, (rule, is_valid) in _RULES.items():
            if not is_valid(getattr(fault, name)):
                value = str(getattr(fault, name))
                raise ValueError(f"{name} is {value[:100]!r}, must be {rule}.")
        if fault.seed is None:
            # Shown in the list: a run that went wrong can be repeated.
            fault = replace(fault, seed=secrets.randbelow(2**32))
        with self._lock:
            self._waiting.append(_Waiting(fault))

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> Strike | None:
        """Return the first fault that strikes a request, and count it down."""
        with self._lock:
            for waiting in self._waiting:
                if waiting.fault.matches(method, path) and waiting.draws():
                    strike = waiting.strike()
                    if waiting.left == 0:
                        self._waiting.remove(waiting)
                    return strike
        return None

    def wait(self, seconds: float) -> None:
        """Delay a request, until it is woken at the latest."""
        with self._woken:
            self._woken.wait(seconds)

    def wake(self) -> None:
        """End the delays of the requests that wait."""
        with self._woken:
            self._woken.notify_all()

    def as_json(self) -> list[dict[str, Any]]:
        """Describe what waits: how often each struck, and how often it still may (``times``)."""
        with self._lock:
            return [waiting.as_json() for waiting in self._waiting]


class _Waiting:
    """A fault and what is left of it."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.times
        self.struck = 0
        self._chance = random.Random(fault.seed)  # noqa: S311, to be repeated

    def draws(self) -> bool:
        """Draw whether a request is struck."""
        return self._chance.random() < self.fault.probability

    def strike(self) -> Strike:
        """Count a strike; it has a chance of its own, since its answer is sent in a thread."""
        self.struck += 1
        if self.left is not None:
            self.left -= 1
        return Strike(self.fault, random.Random(self._chance.getrandbits(64)))  # noqa: S311, as above

    def as_json(self) -> dict[str, Any]:
        """Describe the fault as it was asked for, and its count."""
        members = {name: getattr(self.fault, name) for name in Fault.__dataclass_fields__}
        headers = dict(self.fault.headers)
        return {**members, "headers": headers, "times": self.left, "struck": self.struck}


def _break_off(blocks: Iterator[bytes], length: int, error: ConnectionError) -> Iterator[bytes]:
    """Pass on so many bytes, then break the connection."""
    for block in blocks:
        if length <= len(block):
            yield block[:length]
            break
        yield block
        length -= len(block)
    raise error


def _corrupt(blocks: Iterator[bytes], flips: Mapping[int, int]) -> Iterator[bytes]:
    """Turn bits at positions of the body."""
    left, start = sorted(flips.items(), reverse=True), 0
    for block in blocks:
        spoilt, end = bytearray(block), start + len(block)
        while left and left[-1][0] < end:
            position, bits = left.pop()
            spoilt[position - start] ^= bits
        yield bytes(spoilt)
        start = end


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (TypeError, re.error, OverflowError, RecursionError):
        return False
    return _is_text(value)


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 0)


def _is_status(value: Any) -> bool:
    return value is None or (type(value) is int and 200 <= value <= 599)


def _is_delay(value: Any) -> bool:
    return type(value) in {int, float} and 0 <= value <= _MAX_DELAY


def _are_headers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        _is_text(item)
        and _HEADER_NAME.fullmatch(name)
        and _HEADER_VALUE.fullmatch(item)
        # Frames the answer: one that is no number breaks this server and not its client.
        and (name.lower() != "content-length" or re.fullmatch("[0-9]{1,18}", item))
        for name, item in value.items()
    )


def _is_method(value: Any) -> bool:
    return _is_text(value) and _METHOD.fullmatch(value) is not None


def _is_times(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 1)


def _is_probability(value: Any) -> bool:
    return type(value) in {int, float} and 0 <= value <= 1


def _is_seed(value: Any) -> bool:
    return value is None or type(value) is int


def _is_corruption(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MAX_CORRUPT


_COUNT = "a whole number from 0 on"
_RULES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "method": ("a method in capitals, or *", _is_method),
    "path": ("a regular expression", _is_pattern),
    "times": ("a whole number from 1 on, or null for ever", _is_times),
    "probability": ("a number from 0 to 1", _is_probability),
    "seed": ("a whole number", _is_seed),
    "status": ("a number from 200 to 599", _is_status),
    "headers": ("an object of texts without line breaks, Content-Length a number", _are_headers),
    "body": ("a text", _is_text),
    "delay": (f"a number of seconds from 0 to {_MAX_DELAY}", _is_delay),
    "reset_after": (_COUNT, _is_count),
    "reset_at": (_COUNT, _is_count),
    "truncate_at": (_COUNT, _is_count),
    "corrupt": (f"a whole number from 0 to {_MAX_CORRUPT}", _is_corruption),
}
