"""Images that stacks name, such as watermarks and fonts: no row refers to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django_rokka.collector.siblings import iter_siblings
from django_rokka.columns import Mentioned, as_text, find_mentioned
from django_rokka.storage import RokkaStorage

__all__ = ["find_in_stacks"]


def find_in_stacks(storage: RokkaStorage) -> Mentioned:
    """Return what stacks at rokka name, and those that storages of the organization declare.

    Raise the errors of rokka. It is asked once in a run, and not again before a deletion: whom a
    stack names that was made since, the next run restores.
    """
    hashes: set[str] = set()
    prefixes: set[str] = set()
    for definition in _iter_definitions(storage):
        mentioned = find_mentioned(as_text(definition))
        hashes |= mentioned.hashes
        prefixes |= mentioned.prefixes
    return Mentioned(frozenset(hashes), frozenset(prefixes))


def _iter_definitions(storage: RokkaStorage) -> Iterator[Any]:
    for stack in storage.client.stacks.iter():
        yield dict(stack.raw)
    for _, config in iter_siblings(storage):
        yield dict(config.stacks or {})
