"""Chains of exceptions, and what may be seen of them."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["forget_tracebacks", "iter_chain"]


def forget_tracebacks(error: BaseException) -> None:
    """Drop the tracebacks of a foreign exception and of all that led to it.

    The frames of http.client hold the raw bytes of the request's head, and with them the key;
    those of json hold whole answers. Error pages print the local variables of each frame of
    each exception of a chain.
    """
    for link in iter_chain(error):
        link.__traceback__ = None


def iter_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and each one that it came from, once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop(0)
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            waiting += [link.__cause__, link.__context__]
            yield link
