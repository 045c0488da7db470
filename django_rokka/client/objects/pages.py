"""Pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, overload

from django_rokka.client.objects.reading import read_mapping, read_sequence

__all__ = ["FacetValue", "Page"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """A value of a field, and how many images have it."""

    value: str
    count: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FacetValue:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(value=str(data["value"]), count=int(data["count"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A piece of a list, which it is itself: iterate over it, take its length.

    ``total`` counts what matches on all pages, ``None`` where rokka does not say. ``cursor`` is
    the ``offset`` of the next page, empty where rokka gives none. ``facets`` are by field.
    """

    items: tuple[T, ...]
    total: int | None = None
    cursor: str = ""
    has_next: bool | None = None
    facets: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict, hash=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self.items[index]

    @classmethod
    def from_json(cls, data: Mapping[str, Any], read_item: Callable[[Any], T]) -> Page[T]:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        total = data.get("total")
        links = data.get("links")
        return cls(
            items=tuple(read_item(item) for item in data["items"]),
            total=None if total is None else int(total),
            cursor=str(data.get("cursor") or ""),
            has_next="next" in links if isinstance(links, Mapping) else None,
            facets={
                name: tuple(FacetValue.from_json(item) for item in read_sequence(facets, name))
                for facets in [read_mapping(data, "facets")]
                for name in facets
            },
            raw=data,
        )
