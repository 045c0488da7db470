"""In which databases the table of a model is."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router, transaction
from django.db.models import Field, Model, QuerySet

__all__ = ["Databases"]

_PLAIN = re.compile(r"\w+")
_NO_ENGINE = "django.db.backends.dummy"
_NO_TABLE = {"42P01", "3F000", 1146}
"""How PostgreSQL says that a table or its schema is not there, and how MariaDB does."""


class Databases:
    """The databases of the project; what tables they have is read once."""

    def __init__(self) -> None:
        self._tables: dict[str, frozenset[str]] = {}
        self._columns: dict[tuple[str, str], frozenset[str]] = {}

    def find(self, model: type[Model], field: Field[Any, Any]) -> list[str]:
        """Return every database that has the table, whatever the routers say.

        Raise ``ImproperlyConfigured`` where none has it, and Django should have made it.
        """
        found = [database for database in connections if self._has(database, model, field)]
        if not found and model._meta.managed:
            raise ImproperlyConfigured(
                f"{field} has no table {model._meta.db_table!r} in any database, so nobody can say"
                " which images it names. Run migrate, or take the app out of INSTALLED_APPS."
            )
        return found

    def find_own(self, model: type[Model], field: Field[Any, Any]) -> list[str]:
        """Return those that have the table for themselves: no replica that shows another's rows."""
        return [
            database
            for database in self.find(model, field)
            if database == router.db_for_write(model)
            or (not _is_replica(database) and router.allow_migrate_model(database, model))
        ]

    def _has(self, database: str, model: type[Model], field: Field[Any, Any]) -> bool:
        connection = connections[database]
        if connection.settings_dict["ENGINE"] == _NO_ENGINE:
            return False
        table = connection.introspection.identifier_converter(model._meta.db_table)
        is_home = database in {router.db_for_read(model), router.db_for_write(model)}
        if table not in self._list_tables(database):
            # Its name may say a schema too, and no list has those.
            return (is_home or not _PLAIN.fullmatch(table)) and _can_read(model, database)
        if is_home or router.allow_migrate_model(database, model):
            return True
        column = connection.introspection.identifier_converter(str(field.column))
        return column in self._list_columns(database, table)

    def _list_tables(self, database: str) -> frozenset[str]:
        if database not in self._tables:
            introspection = connections[database].introspection
            names = map(str, introspection.table_names(include_views=True))
            self._tables[database] = frozenset(names)
        return self._tables[database]

    def _list_columns(self, database: str, table: str) -> frozenset[str]:
        key = (database, table)
        if key not in self._columns:
            connection = connections[database]
            with connection.cursor() as cursor:
                columns = connection.introspection.get_table_description(cursor, table)
            self._columns[key] = frozenset(column.name for column in columns)
        return self._columns[key]


def _is_replica(database: str) -> bool:
    mirrored = connections[database].settings_dict["TEST"].get("MIRROR")
    return bool(mirrored) and mirrored != database


def _can_read(model: type[Model], database: str) -> bool:
    """Try a table that no list has."""
    try:
        with transaction.atomic(using=database):
            QuerySet(model, using=database).order_by().exists()
    except DatabaseError as error:
        if _is_absence(error):
            return False
        raise
    return True


def _is_absence(error: DatabaseError) -> bool:
    cause = error.__cause__
    codes = {getattr(cause, "sqlstate", None), getattr(cause, "pgcode", None), *error.args[:1]}
    return bool(codes & _NO_TABLE) or str(error).startswith("no such table")
