"""Moving the files of a column to rokka, and back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as data_field
from functools import partial, update_wrapper
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, default_storage
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import QuerySet

from django_rokka import library
from django_rokka.exceptions import (
    AuthenticationFailed,
    InvalidReference,
    OrganizationNotFound,
    PermissionDenied,
    ReadOnly,
)
from django_rokka.fields import RokkaImage
from django_rokka.render import ImageReference
from django_rokka.render.reference import MAX_LENGTH
from django_rokka.storage import RokkaStorage
from django_rokka.storage.configured import is_own_name

__all__ = ["MAX_FAILURES", "MoveFailure", "MoveReport", "move_in", "move_out"]

logger = logging.getLogger("django_rokka.transfer")

BATCH_SIZE = 100
"""Rows that are read at once; a file that several of them name is uploaded once."""

MAX_FAILURES = 1000
"""Failures that a report holds; it counts the others."""

# What no other row would escape, so that going on makes no sense.
_HOPELESS = (
    AuthenticationFailed,
    ImproperlyConfigured,
    OrganizationNotFound,
    PermissionDenied,
    ReadOnly,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFailure:
    """A row that stays as it is, and why."""

    pk: Any
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReport:
    """What became of the rows that name a file.

    ``moved`` rows have a new name now, ``files`` were sent for them. ``skipped`` were moved
    before, ``changed`` have got another image meanwhile and keep it, ``failed`` stay as they are.
    ``failures`` holds the first ``MAX_FAILURES`` of these.
    """

    moved: int = 0
    files: int = 0
    skipped: int = 0
    changed: int = 0
    failed: int = 0
    failures: tuple[MoveFailure, ...] = ()


def move_in(
    field: RokkaImage,
    *,
    using: str = DEFAULT_DB_ALIAS,
    source: Storage | None = None,
    rows: QuerySet[Any] | None = None,
    batch_size: int = BATCH_SIZE,
    is_strict: bool = False,
) -> MoveReport:
    """Upload the files that a column names, and write the references of their images into it.

    ``source`` keeps the files, and goes on keeping them; by default it is the fallback of the
    field's storage, or else the default storage. ``rows`` are those of the field's model to look
    at, by default all. A row is written only if it still names the file that was uploaded, and
    no signal of its model is sent; its image is kept at rokka, and its alias is claimed when it
    is saved the next time. What was moved before is skipped, so a run that was interrupted goes
    on where it was. A file that is missing, or that rokka refuses, is a failure of the report, or
    an exception where ``is_strict``; wrong settings and missing rights always are one.
    """
    move = _Move(field, using=using, rows=rows, batch_size=batch_size, is_strict=is_strict)
    if not move.has_rows:
        return MoveReport()
    home = field.rokka_storage
    source = _find_source(home) if source is None else source
    if source == home:
        raise ImproperlyConfigured(
            f"The files of {field} cannot be moved from where they are to go. Set the option"
            " fallback of its storage, or name a source."
        )
    return move.run(_Uploads(field, home, source))


def move_out(
    field: RokkaImage,
    *,
    target: Storage,
    using: str = DEFAULT_DB_ALIAS,
    rows: QuerySet[Any] | None = None,
    upload_to: str | Callable[[Any, str], str] = "",
    max_length: int | None = None,
    batch_size: int = BATCH_SIZE,
    is_strict: bool = False,
) -> MoveReport:
    """Download the images that a column refers to, and write the names of the files into it.

    They are saved in ``target``, under the names that a ``FileField`` with this ``upload_to``
    would give to files such as ``lake-c421f4e8cefe.jpg``: with a part of the hash, so that no two
    images overwrite each other. The originals stay at rokka. All else is as for ``move_in``. A
    protected image is a plain file in a storage that protects nothing.
    """
    move = _Move(field, using=using, rows=rows, batch_size=batch_size, is_strict=is_strict)
    if not move.has_rows:
        return MoveReport()
    namer = models.FileField(upload_to=upload_to, storage=target)
    return move.run(_Downloads(field, target, namer, using, max_length or field.max_length))


class _Carried(NamedTuple):
    """What the columns of a file's rows are to hold; ``keep`` is to be done for each, on commit."""

    values: dict[str, Any]
    keep: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class _Uploads:
    """The way to rokka."""

    field: RokkaImage
    home: RokkaStorage
    source: Storage

    can_share = True

    def is_wanted(self, name: str) -> bool:
        return not is_own_name(name)

    def carry(self, pk: Any, name: str) -> _Carried:
        """Send a file."""
        field = self.field
        with self.source.open(name) as file:
            reference, image = self.home.upload_image(name, file, is_protected=field.protected)
        values: dict[str, Any] = {field.attname: str(reference.fit(field.max_length or MAX_LENGTH))}
        # A size that was known before is better than none, and may not be NULL.
        if reference.has_size and field.width_field:
            values[field.width_field] = reference.width
        if reference.has_size and field.height_field:
            values[field.height_field] = reference.height
        # An image that rokka had before may have been about to be deleted.
        is_confirmed = library.is_fresh(image.created)
        keep = partial(library.keep, self.home, [reference], is_confirmed=is_confirmed)
        # Its name stands in the log when it fails.
        return _Carried(values, update_wrapper(keep, library.keep))


@dataclass(frozen=True, slots=True)
class _Downloads:
    """The way back."""

    field: RokkaImage
    target: Storage
    namer: models.FileField
    using: str
    max_length: int | None

    # Who deletes a row may delete its file, which then was another row's as well.
    can_share = False

    def is_wanted(self, name: str) -> bool:
        try:
            ImageReference.parse(name)
        except InvalidReference:
            return False
        return is_own_name(name) or not self.target.exists(name)

    def carry(self, pk: Any, name: str) -> _Carried:
        """Save a file."""
        row: Any = None
        if callable(self.namer.upload_to):
            row = self.field.model._base_manager.using(self.using).get(pk=pk)
        path = self.namer.generate_filename(row, _name_file(ImageReference.parse(name)))
        with self.field.rokka_storage.open(name) as file:
            saved = self.target.save(path, file, max_length=self.max_length)
        return _Carried({self.field.attname: saved})


@dataclass(slots=True)
class _Move:
    """The rows of a column, gone through by key, some at a time."""

    field: RokkaImage
    using: str = data_field(kw_only=True)
    rows: QuerySet[Any] | None = data_field(kw_only=True)
    batch_size: int = data_field(kw_only=True)
    is_strict: bool = data_field(kw_only=True)
    counts: dict[str, int] = data_field(init=False, default_factory=dict)
    failures: list[MoveFailure] = data_field(init=False, default_factory=list)

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to look at; without it, nothing has to be configured."""
        return self._names.exists()

    def run(self, way: _Uploads | _Downloads) -> MoveReport:
        """Carry the files of all rows."""
        for batch in self._iter_batches():
            known: dict[str, _Carried | Exception] = {}
            for pk, name in batch:
                self._count(self._move(pk, name, way, known))
            logger.info("%s: %s", self.field, self.counts)
        return MoveReport(**self.counts, failures=tuple(self.failures))

    def _move(
        self,
        pk: Any,
        name: str,
        way: _Uploads | _Downloads,
        known: dict[str, _Carried | Exception],
    ) -> str:
        """Move one row, and return what became of it."""
        if name not in known or not way.can_share:
            known[name] = self._carry(pk, name, way)
        carried = known[name]
        if isinstance(carried, Exception):
            return self._fail(pk, name, carried)
        if not carried.values:
            return "skipped"
        matching = self._base.filter(pk=pk, **{self.field.attname: name})
        if not matching.update(**carried.values):
            return "changed"
        if carried.keep is not None:
            transaction.on_commit(carried.keep, using=self.using, robust=True)
        return "moved"

    def _carry(self, pk: Any, name: str, way: _Uploads | _Downloads) -> _Carried | Exception:
        try:
            carried = way.carry(pk, name) if way.is_wanted(name) else _Carried({})
        except _HOPELESS:
            raise
        except Exception as error:
            # Foreign storages raise what they like; it concerns this file alone.
            if self.is_strict:
                raise
            return error.with_traceback(None)
        if carried.values:
            self._count("files")
        return carried

    def _fail(self, pk: Any, name: str, error: Exception) -> str:
        failure = MoveFailure(pk=pk, name=name, reason=f"{type(error).__name__}: {error}")
        logger.warning("%s of row %s was not moved: %r: %s", self.field, pk, name, failure.reason)
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(failure)
        return "failed"

    def _count(self, outcome: str) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1

    def _iter_batches(self) -> Iterator[list[tuple[Any, str]]]:
        names = self._names
        while batch := list(names[: self.batch_size]):
            yield batch
            names = self._names.filter(pk__gt=batch[-1][0])

    @property
    def _base(self) -> QuerySet[Any]:
        # The manager that hides no row; and of the model that has the column, since an update
        # through a child's would look first, and write what it did not compare.
        rows: QuerySet[Any] = self.field.model._base_manager.using(self.using)
        return rows

    @property
    def _names(self) -> QuerySet[Any, tuple[Any, str]]:
        """The keys of all rows to look at, and what they name."""
        rows = self._base if self.rows is None else self.rows.using(self.using)
        if rows.model._meta.concrete_model is not self.field.model:
            raise ValueError(
                f"The rows are of {rows.model._meta.label}, must be of"
                f" {self.field.model._meta.label}, whose table has the column."
            )
        column = self.field.attname
        named = rows.filter(**{f"{column}__gt": ""})  # neither empty nor NULL
        names: QuerySet[Any, tuple[Any, str]] = named.order_by("pk").values_list("pk", column)
        return names


def _find_source(home: RokkaStorage) -> Storage:
    return default_storage if home.fallback is None else home.fallback


def _name_file(reference: ImageReference) -> str:
    stem = reference.file_name[:40].strip("-") or "image"
    suffix = f".{reference.extension}" if reference.extension else ""
    return f"{stem}-{reference.hash[:12]}{suffix}"
