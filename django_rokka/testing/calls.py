"""Assertions on the calls to rokka's API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django_rokka.client import observe_calls

__all__ = ["assert_no_rokka_calls"]


@contextmanager
def assert_no_rokka_calls() -> Iterator[None]:
    """Fail when anything inside of the block asks rokka's API, in whatever thread.

    What would have been asked is listed, so that the page or the serializer can be found::

        with assert_no_rokka_calls():
            client.get("/")
    """
    with observe_calls() as calls:
        yield
    if calls:
        listed = "\n".join(f"  {call.method} {call.path}" for call in calls)
        raise AssertionError(f"Expected no call to rokka's API, but there were:\n{listed}")
