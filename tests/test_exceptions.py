"""One tree of errors, drawn as it is."""

from __future__ import annotations

import pickle
import re
from datetime import datetime, timezone

import pytest

from django_rokka import exceptions
from django_rokka.exceptions import (
    APIError,
    CallFailed,
    PermissionDenied,
    RateLimited,
    RokkaError,
)

CLASSES = [
    item
    for item in vars(exceptions).values()
    if isinstance(item, type) and issubclass(item, Exception)
]


def draw(root: type[RokkaError]) -> dict[str, tuple[str, set[str]]]:
    """Read the drawing: class to its parent and the built-in bases in parentheses."""
    parents: list[str] = []
    drawn: dict[str, tuple[str, set[str]]] = {}
    for line in (exceptions.__doc__ or "").splitlines():
        match = re.match(r"^ {4}([│ ├└─]*)([A-Z]\w+)(?: +\((\w+)\))?", line)
        if match:
            depth = len(match[1]) // 4
            parents[depth:] = [match[2]]
            drawn[match[2]] = (parents[depth - 1] if depth else "", set(filter(None, [match[3]])))
    return drawn


def test_tree__is_as_drawn() -> None:
    built = {
        kind.__name__: (
            next((base.__name__ for base in kind.__bases__ if issubclass(base, RokkaError)), ""),
            {base.__name__ for base in kind.__bases__ if base.__module__ == "builtins"}
            - {"Exception"},
        )
        for kind in CLASSES
    }

    assert draw(RokkaError) == built


def test_all__names_every_class_and_is_sorted() -> None:
    assert exceptions.__all__ == sorted(kind.__name__ for kind in CLASSES)


@pytest.mark.parametrize("kind", CLASSES)
def test_error__says_what_it_is(kind: type[RokkaError]) -> None:
    assert issubclass(kind, RokkaError)
    assert kind.__doc__
    assert str(kind("What happened.")) == "What happened."


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", CLASSES)
def test_error__survives_a_pickle(kind: type[RokkaError], protocol: int) -> None:
    error = kind("What happened.")
    if isinstance(error, CallFailed):
        error = type(error)("What happened.", status=499, method="GET", path="/x", body="{}")
    if isinstance(error, APIError):
        error.detail = "Why."
    if isinstance(error, RateLimited):
        error.retry_at = datetime(2026, 3, 1, tzinfo=timezone.utc)
    if isinstance(error, PermissionDenied):
        error.feature = "a paid one"

    copy = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own

    assert (type(copy), str(copy), vars(copy)) == (kind, "What happened.", vars(error))
