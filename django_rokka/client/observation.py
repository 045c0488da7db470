"""Watching what is asked of rokka, for tests that claim that nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django_rokka.client.calls import Call

__all__ = ["observe_calls", "tell_observers"]

# The one state of this package that belongs to the process: a claim about a page has to hold for
# every client in it, whoever made it and in whatever thread.
_observers: list[list[Call]] = []


@contextmanager
def observe_calls() -> Iterator[list[Call]]:
    """Collect every call that any client of this process makes inside of the block."""
    calls: list[Call] = []
    _observers.append(calls)
    try:
        yield calls
    finally:
        # By identity: two observers that have seen the same are equal lists.
        _observers[:] = [observer for observer in _observers if observer is not calls]


def tell_observers(call: Call) -> None:
    """Report a call before it is sent."""
    for calls in _observers:
        calls.append(call)
