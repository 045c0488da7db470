"""What a collection refuses to do, before it has deleted anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.transaction import TransactionManagementError

from django_rokka.collector.siblings import iter_siblings
from django_rokka.columns import Column
from django_rokka.exceptions import ReadOnly
from django_rokka.library.recording import get_database
from django_rokka.storage import RokkaStorage

__all__ = ["check_arguments", "check_columns", "check_databases", "check_found"]


def check_arguments(
    storage: RokkaStorage,
    *,
    delete: bool,
    grace: timedelta,
    limit: int | None,
    is_exclusive: bool,
) -> None:
    """Refuse arguments that do not go together, or not with the options of storages."""
    config = storage.config
    if grace < timedelta(0):
        raise ValueError(f"The grace period {grace} is negative. Use timedelta(0) or more.")
    if limit is not None and limit < 0:
        raise ValueError(f"The limit {limit} is negative. Use 0 or more, or None for no limit.")
    if not delete:
        return
    if config.read_only:
        raise ReadOnly("Nothing was collected: the storage is read_only. Run it without delete.")
    for alias, its in iter_siblings(storage):
        if its.on_delete == "never":
            which = f"storage {alias!r}" if alias else "storage"
            raise ValueError(
                f"The option on_delete of the {which} is 'never', so no image of the organization"
                f" {config.organization!r} is deleted. Run the collection without delete, or set"
                " it to 'release'."
            )
    if not (config.environment or is_exclusive):
        raise ValueError(
            f"Other sites may use the organization {config.organization!r}, and what they refer to"
            " is not known here. Name this site with the option 'environment', or say"
            " is_exclusive=True where there is no other."
        )


def check_databases(columns: Iterable[Column]) -> None:
    """Refuse to delete where rows may not be seen: what others commit, or other schemas."""
    for database in sorted({get_database(), *(column.database for column in columns)}):
        connection = connections[database]
        if hasattr(connection, "set_schema") or hasattr(connection, "schema_name"):
            raise ImproperlyConfigured(
                f"The connection of the database {database!r} switches schemas, and only the tables"
                " of one are seen at a time: other tenants may use the images. Run the collection"
                " without delete."
            )
        if connection.in_atomic_block or not connection.get_autocommit():
            raise TransactionManagementError(
                f"A collection that deletes cannot run in a transaction (database {database!r}),"
                " because it has to see what others commit meanwhile. Call it outside of atomic(),"
                " with autocommit; a view needs non_atomic_requests, a test transaction=True."
            )


def check_columns(missing: Collection[str]) -> None:
    """Refuse to delete after columns have vanished, with what they named."""
    if missing:
        raise ValueError(
            f"Columns that were scanned before are missing: {', '.join(missing)}. Nothing is"
            " deleted, for what they name would seem unused. Bring them back, or say"
            " accept_fewer_columns=True where they are gone for good."
        )


def check_found(*, has_found: bool, due: int) -> None:
    """Refuse to delete where no reference at all was found: it may be the wrong database."""
    if due and not has_found:
        raise ValueError(
            f"Nothing refers to any image, and {due} would be deleted. If this is the right"
            " database and nothing is missing in it, say accept_fewer_columns=True."
        )
