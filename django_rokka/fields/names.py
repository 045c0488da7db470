"""A column for names, in which upper and lower case are different letters, and what they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from django_rokka import render

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    CharField = models.CharField[str, str]
else:
    CharField = models.CharField

__all__ = ["CaseSensitiveCharField", "add_binary_collation", "validate_alias_name"]

# MySQL and MariaDB both have it; it compares code points.
_COLLATION = "utf8mb4_bin"

_SHOWN = 200
"""Characters of a refused name that its error repeats."""


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


def validate_alias_name(name: str) -> None:
    """Raise ``ValidationError`` for what cannot be the name of an alias.

    It says what ``render.check_alias_name`` says, in the reader's language.
    """
    if render.is_alias_name(name):
        return
    if not render.has_alias_characters(name):
        words = _(
            "%(alias)s is no alias name, and rokka would answer that there is none: use letters,"
            " digits and underscores only."
        )
    else:
        words = _("%(alias)s is no alias name: it has more than %(limit)d characters. Shorten it.")
    params = {"alias": repr(name[:_SHOWN]), "limit": render.MAX_ALIAS_LENGTH}
    raise ValidationError(words, code="invalid_alias", params=params)
