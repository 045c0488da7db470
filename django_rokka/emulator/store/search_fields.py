"""The fields by which images are searched, sorted and counted, and what each is in SQL."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.files.metadata import USER_TYPES

__all__ = ["Comparison", "Fragment", "SearchField", "find_field", "find_whole_field"]

_COLUMNS = {
    "hash": ("str", "hash"),
    "short_hash": ("str", "short_hash"),
    "binaryhash": ("str", "binary_hash"),
    "mimetype": ("str", "mimetype"),
    "size": ("int", "size"),
    "format": ("str", "format"),
    "width": ("int", "width"),
    "height": ("int", "height"),
    "created": ("instant", "created"),
    "name": ("str", "name"),
    "name_text": ("text", ""),
    "deletedDate": ("instant", "deleted"),
}
_TYPE = "|".join(USER_TYPES)
_USER = re.compile(rf"user:(?:(?P<kind>{_TYPE}):)?(?P<name>[a-z0-9_]{{1,54}})")
_OTHER = re.compile(
    rf"(?P<room>dynamic|static):(?P<kind>{_TYPE}):(?P<name>[a-zA-Z0-9_]{{1,54}})"
    r":(?P<member>[a-zA-Z0-9_]{1,54})"
)


class Fragment(NamedTuple):
    """A piece of SQL and the values of its placeholders."""

    sql: str
    values: tuple[Any, ...] = ()


class Comparison(NamedTuple):
    """A piece of SQL that compares the values of a field, either with one whole value or not."""

    sql: str
    values: tuple[Any, ...] = ()
    is_whole: bool = False


class SearchField(NamedTuple):
    """A field by its name in a request.

    ``column`` is one of ours and stands in the SQL; a field without one has its values in the
    search index, under ``key``.
    """

    name: str
    kind: str
    column: str = ""
    key: str = ""

    @property
    def is_text(self) -> bool:
        """Whether words are looked for, and not the whole."""
        return self.kind in {"text", "array_text"}

    @property
    def has_many(self) -> bool:
        """Whether one image may have several values."""
        return self.is_text or self.kind == "array"

    @property
    def table(self) -> str:
        """Where the values are."""
        return "source_image" if self.column else "field_value"

    @property
    def operand(self) -> str:
        """What a value is compared with: a column of images, or that of the search index."""
        return self.column or "value"


def find_field(name: str) -> SearchField:
    """Return a field by its name, or answer 400."""
    if name in _COLUMNS:
        kind, column = _COLUMNS[name]
        return SearchField(name, kind, column, "" if column else name)
    if match := _USER.fullmatch(name):
        kind = match["kind"] or "str"
        return SearchField(name, kind, key=f"user:{kind}:{match['name']}")
    if match := _OTHER.fullmatch(name):
        return SearchField(name, match["kind"], key=name)
    raise BadRequest(
        f"Unknown field {name[:200]!r}, must be one of: {', '.join(_COLUMNS)},"
        " user:{type}:{field}, dynamic:{type}:{name}:{field}, static:{type}:{name}:{field}."
        f" Types are {', '.join(USER_TYPES)}."
    )


def find_whole_field(name: str, *, purpose: str) -> SearchField:
    """Return a field whose values are no words, or answer 400."""
    field = find_field(name)
    if field.is_text:
        raise BadRequest(
            f"{purpose} has {name[:100]!r}, which is a field of words. Use fields of other types,"
            " as str and array."
        )
    return field
