"""The names of all images, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, overload

__all__ = ["LazyNames"]


class LazyNames(Sequence[str]):
    """Names that are fetched while they are gone through, each time anew, and never kept.

    It does what Django's callers do with the list of ``listdir()``: iterate, compare, sort, ask
    for the length or for one of them.
    """

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def __init__(self, fetch: Callable[[], Iterable[str]], *, count: Callable[[], int]) -> None:
        self._fetch = fetch
        self._count = count

    def __iter__(self) -> Iterator[str]:
        return iter(self._fetch())

    def __len__(self) -> int:
        return self._count()  # list() asks as well, so no name is fetched for it

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice) or index < 0:
            return list(self)[index]
        for name in islice(self, index, None):
            return name
        raise IndexError(f"There are no {index + 1} names.")

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, (list, tuple, LazyNames)):
            return NotImplemented
        return list(self) == list(other)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, fetched when asked for>"
