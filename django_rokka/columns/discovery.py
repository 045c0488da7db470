"""Finding the columns of a project that may name images of an organization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.apps import apps
from django.db.models import CharField, Field, FileField, Model

from django_rokka.columns.column import Column
from django_rokka.columns.databases import Databases
from django_rokka.columns.registration import iter_registered_fields
from django_rokka.models import Alias
from django_rokka.storage import RokkaStorage

__all__ = ["iter_columns"]

_ALIAS_FIELDS = ("target_hash", "asked_hash", "confirmed_hash")
_TRACKED = ("instance_type", "pgh_tracked_model")
"""What models of history call the model whose rows they keep: simple-history's, pghistory's."""


def iter_columns(storage: RokkaStorage) -> Iterator[Column]:
    """Yield every column that may name an image of this storage's organization.

    That is every file field in every database that has its table. Only of fields on a storage of
    the organization names are taken at their word; in others any hash may be something else.
    Raise ``ImproperlyConfigured`` where a table or a registered column is nowhere, so that nobody
    takes its images for unused.
    """
    organization = storage.config.organization
    databases = Databases()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy:
            continue
        for field, original in _iter_file_fields(model):
            is_text, is_shared = _judge(original, organization)
            for database in databases.find(model, field):
                yield Column(
                    field=field,
                    model=model,
                    database=database,
                    is_text=is_text,
                    is_shared=is_shared,
                )
    for model, field in iter_registered_fields():
        for database in databases.find(model, field):
            yield Column(field=field, model=model, database=database, is_text=True)
    for name in _ALIAS_FIELDS:
        of_alias = cast("CharField[str, str]", Alias._meta.get_field(name))
        for database in databases.find(Alias, of_alias):
            yield Column(
                field=of_alias,
                model=Alias,
                database=database,
                is_shared=True,
                conditions={"organization": organization},
            )


def _iter_file_fields(
    model: type[Model],
) -> Iterator[tuple[Field[Any, Any], FileField | None]]:
    """Yield the model's own file fields, and their copies in a history, which are texts there.

    The second is the field that says where the files are; a list of files has none.
    """
    tracked = _get_tracked(model)
    for field in model._meta.local_concrete_fields:
        original = field if isinstance(field, FileField) else tracked.get(field.attname)
        if original is not None or _is_list_of_files(field):
            yield field, original


def _is_list_of_files(field: Field[Any, Any]) -> bool:
    """Say whether a column holds several files, as ArrayField's do, however deep."""
    item = getattr(field, "base_field", None)
    while item is not None:
        if isinstance(item, FileField):
            return True
        item = getattr(item, "base_field", None)
    return False


def _get_tracked(model: type[Model]) -> dict[str, FileField]:
    """Return the file fields of the model whose history this one keeps."""
    for name in _TRACKED:
        tracked = getattr(model, name, None)
        if isinstance(tracked, type) and issubclass(tracked, Model):
            fields = tracked._meta.concrete_fields
            return {field.attname: field for field in fields if isinstance(field, FileField)}
    return {}


def _judge(original: FileField | None, organization: str) -> tuple[bool, bool]:
    """Return ``is_text`` and ``is_shared`` of a column, by the storage that it is on.

    One of ours keeps references. Others may wrap one, or go on with names that one has made: their
    columns are texts, as are those of a storage that cannot be made.
    """
    try:
        storage = None if original is None else original.storage
        if isinstance(storage, RokkaStorage) and storage.config.organization == organization:
            return False, storage.fallback is not None
    except Exception:  # noqa: BLE001  # whatever other storages raise: the names can be read
        return True, False
    return True, False
