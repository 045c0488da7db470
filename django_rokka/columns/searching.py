"""Whether something refers to an image at this moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django_rokka.columns.column import Column
from django_rokka.columns.discovery import iter_columns
from django_rokka.columns.registration import find_registered_images
from django_rokka.columns.texts import match_prefixes
from django_rokka.storage import RokkaStorage

__all__ = ["find_referenced"]

_HASHES = 500
"""How many hashes one query asks for."""


def find_referenced(
    storage: RokkaStorage, hashes: Collection[str], *, columns: Iterable[Column] | None = None
) -> set[str]:
    """Return which of the hashes rows, defaults, aliases and the project name at this moment.

    ``columns`` are those of ``iter_columns(storage)``, where they are known already. No request,
    and for each 500 hashes one query a column.
    """
    wanted = sorted(set(hashes))
    known = list(iter_columns(storage) if columns is None else columns)
    registered = find_registered_images()
    found = {*match_prefixes(wanted, registered.prefixes)}.union(registered.hashes & set(wanted))
    for start in range(0, len(wanted), _HASHES):
        asked = set(wanted[start : start + _HASHES]) - found
        for column in known:
            if not asked:
                break
            found |= (named := column.find(asked))
            asked -= named
    return found
