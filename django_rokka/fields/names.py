"""A column for names, in which upper and lower case are different letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    CharField = models.CharField[str, str]
else:
    CharField = models.CharField

__all__ = ["CaseSensitiveCharField", "add_binary_collation"]

# MySQL and MariaDB both have it; it compares code points.
_COLLATION = "utf8mb4_bin"


class CaseSensitiveCharField(CharField):
    """Text that is compared letter by letter on every database.

    ``db_collation`` is one name for all databases, and no name is known to all of them; one that
    is given is kept.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Add the collation where the database's own may ignore case."""
        return add_binary_collation(super().db_parameters(connection), connection)


def add_binary_collation(parameters: Any, connection: BaseDatabaseWrapper) -> Any:
    """Add the collation to a column's parameters on MySQL and MariaDB.

    Most of their collations hold `Logo` and `logo` for equal; PostgreSQL's and SQLite's own do not.
    """
    if connection.vendor == "mysql" and not parameters.get("collation"):
        return {**parameters, "collation": _COLLATION}
    return parameters
