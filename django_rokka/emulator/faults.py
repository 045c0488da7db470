"""Faults on demand, so that a client's retries can be tried (API: ``/_emulator/faults``)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["Fault", "Faults", "truncate"]

_MAX_DELAY = 3600
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to the next ``times`` requests of a method (``*`` for any) and path.

    ``path`` is a regular expression that is searched for. ``delay`` is in seconds.
    ``reset_after`` breaks the connection after so many bytes of the request's body,
    ``truncate_at`` after so many bytes of the answer's.
    """

    method: str = "*"
    path: str = ""
    times: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    delay: float = 0
    reset_after: int | None = None
    truncate_at: int | None = None

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is meant."""
        return self.method in {"*", method} and re.search(self.path, path) is not None


class Faults:
    """The faults that wait for their requests, in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
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
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the first fault that is meant for a request, and count it down."""
        with self._lock:
            for position, fault in enumerate(self._waiting):
                if fault.matches(method, path):
                    left = replace(fault, times=fault.times - 1)
                    self._waiting[position : position + 1] = [left] if left.times > 0 else []
                    return fault
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
        """Describe what waits."""
        with self._lock:
            names = Fault.__dataclass_fields__
            return [{name: getattr(fault, name) for name in names} for fault in self._waiting]


def truncate(blocks: Iterable[bytes], length: int) -> Iterator[bytes]:
    """Pass on so many bytes, then break the connection."""
    try:
        for block in blocks:
            if length <= len(block):
                yield block[:length]
                break
            yield block
            length -= len(block)
        raise ConnectionResetError("A fault was asked for: the body ends too early.")
    finally:
        close = getattr(blocks, "close", None)
        if close is not None:
            close()


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
        _is_text(item) and _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(item)
        for name, item in value.items()
    )


_COUNT = "a whole number from 0 on"
_RULES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "method": ("a text", _is_text),
    "path": ("a regular expression", _is_pattern),
    "times": ("a whole number from 1 on", lambda value: type(value) is int and value >= 1),
    "status": ("a number from 200 to 599", _is_status),
    "headers": ("an object of texts without line breaks", _are_headers),
    "body": ("a text", _is_text),
    "delay": (f"a number of seconds from 0 to {_MAX_DELAY}", _is_delay),
    "reset_after": (_COUNT, _is_count),
    "truncate_at": (_COUNT, _is_count),
}
