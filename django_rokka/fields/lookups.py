"""Lookups of an image column: by the hash of the image, and by its confirmed alias."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import CharField, Lookup, Transform
from django.db.models.lookups import Exact, In

from django_rokka import render
from django_rokka.fields.image import RokkaImage

__all__ = ["AliasLookup", "HashTransform"]

_HASH_LENGTH = 40
_HASH = re.compile(rf"[0-9a-f]{{{_HASH_LENGTH}}}")
_AFTER_A_HASH = "0"
"""Sorts right behind the characters that may follow a hash: ``.`` and ``/``."""


@RokkaImage.register_lookup
class HashTransform(Transform):
    """The hash of an image: ``filter(hero__hash=...)``, ``filter(hero__hash__in=[...])``.

    What is no reference gives its first 40 characters.
    """

    lookup_name = "hash"
    function = "SUBSTR"
    template = f"%(function)s(%(expressions)s, 1, {_HASH_LENGTH})"
    output_field = CharField()


@HashTransform.register_lookup
class HashExact(Exact):
    """The names that begin with a hash, by a comparison that an index of the column serves."""

    def get_prep_lookup(self) -> Any:
        """Refuse what is no whole hash: a short one may be several images'."""
        return _check_hash(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compare the beginning of the column, and with another column all of the hash."""
        if not _is_value(self.rhs):
            return super().as_sql(compiler, connection)
        column, parameters = compiler.compile(self.lhs.lhs)
        return f"{column} LIKE %s", (*parameters, f"{self.rhs}%")

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """Compare by a range: SQLite uses no index for LIKE."""
        if not _is_value(self.rhs):
            return super().as_sql(compiler, connection)
        column, parameters = compiler.compile(self.lhs.lhs)
        ends = (self.rhs, f"{self.rhs}{_AFTER_A_HASH}")
        return f"({column} >= %s AND {column} < %s)", (*parameters, ends[0], *parameters, ends[1])


@HashTransform.register_lookup
class HashIn(In):
    """The names that begin with one of some hashes; no index of the column serves it."""

    def get_prep_lookup(self) -> Any:
        """Refuse what is no whole hash."""
        if _is_value(self.rhs):
            self.rhs = [_check_hash(value) for value in self.rhs]
        return super().get_prep_lookup()


@RokkaImage.register_lookup
class AliasLookup(Lookup):
    """The images with a confirmed alias of exactly this name: ``filter(logo__alias=...)``."""

    lookup_name = "alias"

    def get_prep_lookup(self) -> str:
        """Refuse what no alias can be named."""
        if not isinstance(self.rhs, str):
            raise ValueError(f"{self.rhs!r} is no alias name: write a text.")  # noqa: TRY004  # as of any other value
        render.check_alias_name(self.rhs)
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compare the segment behind the hash; by LIKE, ``_`` would be any character."""
        column, parameters = self.process_lhs(compiler, connection)
        segment = f"/-_{self.rhs}_-/"
        return f"{self._get_segment(column, len(segment))} = %s", (*parameters, segment)

    def as_mysql(self, compiler: Any, connection: Any) -> Any:
        """Compare bytes: upper and lower case are equal in most of MySQL's collations."""
        comparison, parameters = self.as_sql(compiler, connection)
        return f"BINARY {comparison}", parameters

    def _get_segment(self, column: str, length: int) -> str:
        return f"SUBSTR({column}, {_HASH_LENGTH + 1}, {length})"


def _is_value(side: Any) -> bool:
    """Say whether the right side is no expression and no query."""
    return not hasattr(side, "resolve_expression")


def _check_hash(value: Any) -> Any:
    if value is None or not _is_value(value):
        return value
    if isinstance(value, str) and _HASH.fullmatch(value):
        return value
    raise ValueError(
        f"{value!r} is no hash of an image: write all {_HASH_LENGTH} of its characters 0-9 and a-f"
        " in lower case. For the beginning of one, use '__startswith'."
    )
