"""A column that may name images, read in batches and searched for some."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Field, FileField, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Left, Lower

from django_rokka.columns.texts import PREFIX_LENGTH, as_text, find_mentioned, match_prefixes
from django_rokka.exceptions import InvalidReference
from django_rokka.render import ImageReference

__all__ = ["Column", "Found", "Gathered"]

_ROWS = 2000
_TEXTS = 100
"""How many rows are read at once; texts may be long."""

_HASH_LENGTH = 40


class Found(NamedTuple):
    """A reference, and the primary key of its row: ``None`` for the column's default."""

    pk: Any
    hash: str


class Gathered(NamedTuple):
    """What a batch of rows names.

    ``certain`` are references that name an image at rokka, ``possible`` are hashes that may be
    something else, ``prefixes`` short ones, and ``broken`` the number of other names.
    """

    certain: list[Found]
    possible: set[str]
    prefixes: set[str]
    broken: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of one table in one database.

    ``is_text`` is whether hashes may stand anywhere in what the database holds, and may be
    something else; else it holds references. With ``is_shared`` a bare hash among these may name
    something else: a file of a fallback, what once was.
    """

    field: Field[Any, Any]
    model: type[Model]
    database: str
    is_text: bool = False
    is_shared: bool = False
    conditions: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        where = "" if self.database == DEFAULT_DB_ALIAS else f" in the database {self.database!r}"
        return f"{self.model._meta.label}.{self.field.name}{where}"

    def iter_batches(self, *, batch_size: int | None = None) -> Iterator[Gathered]:
        """Yield what the default names, then what the rows name, in the order of their keys."""
        if defaults := self._get_defaults():
            yield self._gather(defaults)
        for batch in self._iter_rows(self._get_rows(), batch_size=batch_size):
            yield self._gather(batch)

    def find(self, hashes: Collection[str]) -> set[str]:
        """Return which of the hashes something in this column names at this moment."""
        found = self._match(self._gather(self._get_defaults()), hashes)
        if self.is_text:
            return found | self._search_texts(hashes)
        names = self._get_rows().annotate(rokka_hash=Left(self.field.attname, _HASH_LENGTH))
        matching = names.filter(rokka_hash__in=sorted(hashes)).order_by()
        named = set(matching.values_list("rokka_hash", flat=True).distinct())
        return found | (named & set(hashes))

    def _get_rows(self) -> QuerySet[Any]:
        """Return the rows that may name something, also those that a manager hides."""
        column = self.field.attname
        rows: QuerySet[Any] = QuerySet(self.model, using=self.database)
        rows = rows.filter(**{f"{column}__isnull": False, **self.conditions})
        if self.is_text:
            # Not as the field would read it: that may be an object which does not tell all.
            rows = rows.annotate(rokka_text=Cast(column, TextField()))
        else:
            rows = rows.exclude(**{column: ""})
        return rows

    def _iter_rows(
        self, rows: QuerySet[Any], *, batch_size: int | None = None
    ) -> Iterator[list[tuple[Any, Any]]]:
        """Walk by the primary key: no cursor is left open, neither here nor in a pool."""
        is_long = self.is_text and not isinstance(self.field, FileField)
        size = batch_size or (_TEXTS if is_long else _ROWS)
        column = "rokka_text" if self.is_text else self.field.attname
        values = rows.order_by("pk").values_list("pk", column)
        batch = list(values[:size])
        while batch:
            yield batch
            if len(batch) < size:
                return
            batch = list(values.filter(pk__gt=batch[-1][0])[:size])

    def _gather(self, rows: list[tuple[Any, Any]]) -> Gathered:
        gathered = Gathered([], set(), set(), 0)
        broken = 0
        for pk, value in rows:
            if self.is_text:
                mentioned = find_mentioned(value)
                gathered.possible.update(mentioned.hashes)
                gathered.prefixes.update(mentioned.prefixes)
                continue
            reference = _parse(str(value or ""))
            if reference is None:
                broken += bool(value)
            elif reference.is_unmistakable or not self.is_shared:
                gathered.certain.append(Found(pk, reference.hash))
            else:
                gathered.possible.add(reference.hash)
        return gathered._replace(broken=broken)

    def _get_defaults(self) -> list[tuple[Any, Any]]:
        """Return what rows get that say nothing: images that no row may hold yet.

        A callable is called once; what else it may return is for ``register_images``.
        """
        defaults = [self.field.get_default()] if self.field.has_default() else []
        of_database = getattr(self.field, "db_default", None)
        defaults.append(of_database.value if isinstance(of_database, Value) else of_database)
        values = [value for value in defaults if value and not callable(value)]
        if self.is_text:
            values = [as_text(self.field.get_prep_value(value)) for value in values]
        return [(None, value) for value in values]

    def _search_texts(self, hashes: Collection[str]) -> set[str]:
        """Let the database look for the first digits of each, and read the texts that have them."""
        prefixes = sorted({wanted[:PREFIX_LENGTH] for wanted in hashes})
        rows = self._get_rows().alias(rokka_lower=Lower("rokka_text"))
        matching = Q(*[("rokka_lower__contains", prefix) for prefix in prefixes], _connector=Q.OR)
        found: set[str] = set()
        for batch in self._iter_rows(rows.filter(matching)):
            found |= self._match(self._gather(batch), hashes)
            if len(found) == len(hashes):
                break
        return found

    def _match(self, gathered: Gathered, hashes: Collection[str]) -> set[str]:
        named = {reference.hash for reference in gathered.certain} | gathered.possible
        return (named & set(hashes)).union(match_prefixes(hashes, gathered.prefixes))


def _parse(text: str) -> ImageReference | None:
    try:
        return ImageReference.parse(text)
    except InvalidReference:
        return None
