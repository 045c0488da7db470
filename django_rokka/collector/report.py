"""What a collection has found and done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django_rokka.columns import Column, Found
from django_rokka.library.recording import get_rows
from django_rokka.models import SourceImageQuerySet

__all__ = ["Collection", "Failure", "MissingImage", "Tally"]

_NAMED = 100
"""How many missing images and failures a report names; it counts the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingImage:
    """A row whose image rokka does not have any more; ``pk`` is ``None`` for a default."""

    column: str
    pk: Any
    hash: str

    def __str__(self) -> str:
        row = "the default" if self.pk is None else f"the row {self.pk}"
        return f"{self.column}, {row}: {self.hash}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An image about which rokka refused a call, or did not answer."""

    hash: str
    reason: str

    def __str__(self) -> str:
        return f"{self.hash}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a collection has found and done; ``deletes`` is whether it was asked to delete.

    Found by the scan, before anything is deleted: ``referenced`` images, ``unreferenced_count``
    others, of which ``due`` were unreferenced for longer than the grace period and are this
    environment's to delete. ``released`` are those that no scan before found unreferenced.
    ``broken`` names in image columns are no reference; ``missing`` images are gone, the first of
    ``missing_count``.

    Done: images ``restored``, ``marked`` as used by this environment, ``unmarked`` where another
    one uses them, ``deleted``. Left alone at their turn: images that were ``locked``, ``foreign``
    (marked by another environment only, or by none), ``young`` (uploaded within the last hour) or
    ``rescued`` (referred to by then). ``failed`` are the first of ``failed_count``, and
    ``stopped`` says why the run ended early: it deleted nothing more.
    """

    organization: str
    started: datetime
    deletes: bool
    columns: int
    referenced: int
    unreferenced_count: int
    due: int
    released: int
    restored: int
    marked: int
    unmarked: int
    deleted: int
    locked: int
    foreign: int
    young: int
    rescued: int
    broken: int
    missing_count: int
    missing: tuple[MissingImage, ...]
    failed_count: int
    failed: tuple[Failure, ...]
    stopped: str

    @property
    def unreferenced(self) -> SourceImageQuerySet:
        """The images that the last scan found no reference to, by name.

        It is read when it is used, so what was deleted meanwhile is not in it.
        """
        rows = get_rows(self.organization).alive().unreferenced()
        named: SourceImageQuerySet = rows.order_by("name", "hash")
        return named

    def __str__(self) -> str:
        return "\n".join(self._iter_lines())

    def _iter_lines(self) -> Iterator[str]:
        yield f"Organization {self.organization}: scanned {_many(self.columns, 'column')}."
        yield (
            f"{_many(self.referenced, 'image')} referred to, {self.unreferenced_count} not"
            f" ({self.released} new, {self.due} due to delete)."
        )
        done = {name: getattr(self, name) for name in ("restored", "marked", "unmarked", "deleted")}
        yield f"{', '.join(f'{count} {name}' for name, count in done.items())}."
        left = {name: getattr(self, name) for name in ("locked", "foreign", "young", "rescued")}
        if any(left.values()):
            words = ", ".join(f"{count} {name}" for name, count in left.items() if count)
            yield f"Left alone: {words}."
        if self.broken:
            yield f"{_many(self.broken, 'name')} in image columns that are no reference."
        yield from _list("missing from rokka", self.missing_count, self.missing)
        yield from _list("failed", self.failed_count, self.failed)
        if self.stopped:
            yield f"Stopped early: {self.stopped} The next run goes on."


@dataclass(slots=True, kw_only=True)
class Tally:
    """The numbers of a collection while it runs; what grows with the library is only counted."""

    released: int = 0
    restored: int = 0
    marked: int = 0
    unmarked: int = 0
    deleted: int = 0
    locked: int = 0
    foreign: int = 0
    young: int = 0
    rescued: int = 0
    broken: int = 0
    missing_count: int = 0
    missing: list[MissingImage] = field(default_factory=list)
    failed_count: int = 0
    failed: list[Failure] = field(default_factory=list)
    stopped: str = ""

    def miss(self, column: Column, found: Found) -> None:
        """Note a row whose image is gone."""
        self.missing_count += 1
        if len(self.missing) < _NAMED:
            self.missing.append(MissingImage(column=str(column), pk=found.pk, hash=found.hash))

    def fail(self, hash: str, reason: str) -> None:
        """Note that something did not succeed with an image."""
        self.failed_count += 1
        if len(self.failed) < _NAMED:
            self.failed.append(Failure(hash=hash, reason=reason))


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _list(what: str, count: int, named: tuple[object, ...]) -> Iterator[str]:
    if count:
        yield f"{count} {what}:"
        yield from (f"  {item}" for item in named)
        if count > len(named):
            yield f"  and {count - len(named)} more"
