"""Transactions of one's own: what is sent after them cannot be rolled back any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction

__all__ = ["committed"]


@contextmanager
def committed(using: str) -> Iterator[None]:
    """Run statements that are committed at the end of the block.

    Raise ``RuntimeError`` inside of somebody else's transaction, who could roll them back, and
    would hold locks during the calls that follow. That of a ``TestCase`` is none.
    """
    connection = connections[using]
    if not connection.in_atomic_block and not connection.get_autocommit():
        raise RuntimeError(
            f"Calls to rokka cannot be made in a transaction (database {using!r}), and one is open"
            " where autocommit is off. Commit, and turn autocommit on."
        )
    with transaction.atomic(using=using, durable=True):
        yield
