"""Comparing columns with aliases: what no signal told of is found, and becomes due."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction
from django.db.models import CompositePrimaryKey, F, Model, QuerySet
from django.utils import timezone

from django_rokka.aliases.applying import get_databases
from django_rokka.aliases.claiming import claim
from django_rokka.aliases.owners import (
    describe,
    get_owner,
    is_same_owner,
    parse_name,
    read_key,
)
from django_rokka.aliases.reports import ReconcileReport
from django_rokka.columns import get_image_fields
from django_rokka.columns.databases import Databases
from django_rokka.fields import RokkaImage
from django_rokka.models import Alias, AliasQuerySet
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["reconcile"]

_ROWS = 1000
_KEYS = 100
"""How many keys of several columns one query names: SQLite takes less than 1,000 conditions."""

_Row = TypeVar("_Row", bound=Model)


def reconcile(*, storage: RokkaStorage | None = None, dry_run: bool = False) -> ReconcileReport:
    """Compare the columns of all fields with ``alias`` with their aliases; no request.

    That finds what bulk operations, SQL and processes that died have left behind, in every
    database that has the table. Aliases that do not follow their column become due, and so do the
    deletions of those whose row is gone, where their field has ``alias_on_delete="delete"``;
    ``apply`` does the rest. Without ``storage`` it is the only rokka storage; aliases of another
    environment are counted and left alone, and where the storage is ``read_only`` nothing is
    looked at. ``dry_run`` counts the same and changes nothing. Each 1,000 rows cost two queries,
    each 1,000 aliases two more, and each alias that is not right some.
    """
    storage = storage or get_rokka_storage()
    comparison = _Comparison(storage, is_trial=dry_run)
    if not storage.config.read_only:
        for column in _iter_columns(storage):
            comparison.follow(column)
        for using in get_databases():
            comparison.look_after(using)
    return comparison.report


class _Column(NamedTuple):
    """An image field with aliases, in one database."""

    field: RokkaImage
    using: str

    @property
    def rows(self) -> QuerySet[Model]:
        """All rows, also those that a manager hides."""
        rows: QuerySet[Model] = QuerySet(self.field.model, using=self.using).order_by("pk")
        return rows

    @property
    def owner(self) -> dict[str, str]:
        """What the aliases of the column have in common."""
        return {"model": self.field.model._meta.label_lower, "field": self.field.name}

    def iter_rows(self, keys: Iterable[Any], *, is_bare: bool = False) -> Iterator[Model]:
        """Yield the rows with these keys; bare ones have nothing else."""
        wanted = list(keys)
        rows = self.rows.only("pk") if is_bare else self.rows
        is_composite = isinstance(self.field.model._meta.pk, CompositePrimaryKey)
        size = _KEYS if is_composite else _ROWS
        for start in range(0, len(wanted), size):
            yield from rows.filter(pk__in=wanted[start : start + size])

    def get_key(self, row: Model) -> str:
        """Return the key of a row as its alias has it."""
        return get_owner(row, self.field)["object_pk"]


class _Comparison:
    """What is compared for a storage, and counted."""

    def __init__(self, storage: RokkaStorage, *, is_trial: bool) -> None:
        self._config = storage.config
        self._storage = storage
        self._is_trial = is_trial
        self._columns: dict[tuple[str, str, str], _Column] = {}
        self._counts = Counter[str]()
        self._problems: list[str] = []

    @property
    def report(self) -> ReconcileReport:
        """What has been counted until now."""
        return ReconcileReport(
            organization=self._config.organization,
            **self._counts,
            problems=tuple(self._problems),
        )

    def follow(self, column: _Column) -> None:
        """Have aliases follow the images of a column."""
        owner = column.owner
        self._columns[owner["model"], owner["field"], column.using] = column
        name = column.field.attname
        filled = column.rows.filter(**{f"{name}__isnull": False}).exclude(**{name: ""})
        for rows in _iter_chunks(filled.only(name)):
            kinds = dict(self._iter_differences(column, rows))
            if kinds:
                self._claim(column, kinds)

    def look_after(self, using: str) -> None:
        """Find the aliases of a database that no column can tell of."""
        known = Alias.objects.using(using).filter(organization=self._config.organization)
        self._counts["foreign"] += known.exclude(environment=self._config.environment).count()
        ours = Alias.objects.using(using).of(self._storage)
        lost = ours.filter(model="", due_at=None).exclude(confirmed_hash=F("target_hash"))
        self._counts["marked"] += self._update(lost, due_at=timezone.now())
        owned = ours.exclude(model="").order_by("pk")
        for aliases in _iter_chunks(owned.exclude(target_hash="", due_at__isnull=False)):
            of_columns = defaultdict[Any, list[Alias]](list)
            for alias in aliases:
                of_columns[alias.model, alias.field, using].append(alias)
            for key, its in of_columns.items():
                self._look_for_rows(self._columns.get(key), its)

    def _iter_differences(self, column: _Column, rows: list[Model]) -> Iterator[tuple[Any, str]]:
        """Yield the keys of rows whose aliases are not right, and what has to be done."""
        owners = {column.get_key(row): row for row in rows}
        known = Alias.objects.using(column.using).filter(
            organization=self._config.organization, **column.owner, object_pk__in=list(owners)
        )
        aliases = {alias.object_pk: alias for alias in known}
        for key, row in owners.items():
            reference = parse_name(row.__dict__[column.field.attname], field=column.field)
            if reference is None:
                continue
            self._counts["checked"] += 1
            alias = aliases.get(key)
            if alias is None:
                yield row.pk, "claimed"
            elif alias.environment != self._config.environment:
                continue
            elif alias.target_hash != reference.hash:
                yield row.pk, "retargeted"
            elif alias.due_at is None and (not alias.is_confirmed or reference.alias != alias.name):
                yield row.pk, "marked"

    def _claim(self, column: _Column, kinds: dict[Any, str]) -> None:
        """Have rows claim their aliases, as when they are saved."""
        with self._trial(column.using):
            for row in column.iter_rows(kinds):
                try:
                    name = column.field.get_alias_name(row) if kinds[row.pk] == "claimed" else ""
                except ValidationError as error:
                    self._note_problem(column, row, " ".join(error.messages))
                    continue
                if claim(row, column.field, using=column.using) is not None:
                    self._counts[kinds[row.pk]] += 1
                elif name:
                    self._note_claimant(column, row, name)

    def _note_claimant(self, column: _Column, row: Model, name: str) -> None:
        """Say whose the name is that a row claims in vain."""
        aliases = Alias.objects.using(column.using)
        alias = aliases.filter(organization=self._config.organization, name=name).first()
        if alias is None or is_same_owner(alias, get_owner(row, column.field)):
            return  # the row has changed since it was read
        self._note_problem(
            column,
            row,
            f"it claims the alias {name!r} {describe(alias)}. Change what its alias is made of, or"
            " let the other one go.",
        )

    def _note_problem(self, column: _Column, row: Model, problem: str) -> None:
        label = column.field.model._meta.label_lower
        self._problems.append(f"{label} {column.get_key(row)}, {column.field.name}: {problem}")

    def _look_for_rows(self, column: _Column | None, aliases: list[Alias]) -> None:
        """Look whether the rows of some aliases are still there."""
        living = set[str]()
        keys: dict[str, Any] = {}
        if column is not None:
            keys = {alias.object_pk: read_key(alias, column.field) for alias in aliases}
            known = [key for key in keys.values() if key is not None]
            living = set(map(column.get_key, column.iter_rows(known, is_bare=True)))
        for alias in aliases:
            if alias.object_pk in living:
                continue
            # What cannot be read as a key is no reason to delete a link of somebody's.
            if keys.get(alias.object_pk) is None or not _is_deleted_with_row(column):
                self._counts["orphaned"] += 1
            else:
                self._counts["deleted"] += self._delete(alias)

    def _delete(self, alias: Alias) -> int:
        """Note that a name shall go, unless somebody has claimed it meanwhile."""
        same = Alias.objects.using(alias._state.db).filter(
            pk=alias.pk,
            object_pk=alias.object_pk,
            target_hash=alias.target_hash,
            generation=alias.generation,
        )
        return self._update(same, target_hash="", due_at=timezone.now())

    def _update(self, rows: AliasQuerySet, **values: Any) -> int:
        if self._is_trial:
            return rows.count()
        return rows.update(**values, changed=timezone.now())

    @contextmanager
    def _trial(self, using: str) -> Iterator[None]:
        """Take back what is written inside, where this is only a trial."""
        if not self._is_trial:
            yield
            return
        with transaction.atomic(using=using):
            yield
            transaction.set_rollback(True, using=using)


def _iter_columns(storage: RokkaStorage) -> Iterator[_Column]:
    """Yield the columns whose aliases a storage moves."""
    databases = Databases()
    for model in apps.get_models(include_auto_created=True):
        for field in get_image_fields(model):
            # Once, by the model that has the column: its children and proxies have it too.
            if field.model is model and field.alias and _is_on(field, storage):
                for using in databases.find_own(model, field):
                    yield _Column(field, using)


def _is_on(field: RokkaImage, storage: RokkaStorage) -> bool:
    """Say whether a field's images are in the storage's organization, for its environment."""
    try:
        config = field.rokka_storage.config
    except ImproperlyConfigured:
        return False  # kept elsewhere; the checks report a mistake
    return (config.organization, config.environment) == (
        storage.config.organization,
        storage.config.environment,
    )


def _is_deleted_with_row(column: _Column | None) -> bool:
    return column is not None and column.field.alias_on_delete == "delete"


def _iter_chunks(rows: QuerySet[_Row]) -> Iterator[list[_Row]]:
    """Walk by the primary key: no cursor is left open, neither here nor in a pool."""
    chunk = list(rows[:_ROWS])
    while chunk:
        yield chunk
        if len(chunk) < _ROWS:
            return
        chunk = list(rows.filter(pk__gt=chunk[-1].pk)[:_ROWS])
