"""The columns that collections have scanned, remembered so that none vanishes unseen."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from django_rokka.columns import Column
from django_rokka.library.recording import get_database
from django_rokka.models import LibrarySync, LibrarySyncQuerySet

__all__ = ["find_missing_columns", "note_columns"]


def find_missing_columns(organization: str, columns: Iterable[Column]) -> list[str]:
    """Return the names of columns that collections have scanned, and that are not there now."""
    before = _get_syncs().get_columns(organization)
    return sorted(set(before).difference(map(str, columns)))


def note_columns(organization: str, columns: Iterable[Column], *, missing: Iterable[str]) -> None:
    """Remember the columns of a scan, and the missing ones that nobody has given up."""
    names = [*map(str, columns), *missing]
    _get_syncs().note_columns(organization, names, now=timezone.now())


def _get_syncs() -> LibrarySyncQuerySet:
    syncs: LibrarySyncQuerySet = LibrarySync.objects.using(get_database())
    return syncs
