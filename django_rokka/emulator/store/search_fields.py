"""The fields by which images are searched, sorted and counted, and what each is in SQL."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.metadata import USER_TYPES

__all__ = ["Fragment", "SearchField", "find_field"]

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
    "name_text": ("text", "name"),
    "deletedDate": ("instant", "deleted"),
}
_TYPE = "|".join(USER_TYPES)
_USER = re.compile(rf"user:(?:(?P<kind>{_TYPE}):)?(?P<name>[a-z0-9_]{{1,54}})")
_OTHER = re.compile(
    rf"(?P<room>dynamic|static):(?P<kind>{_TYPE}):(?P<name>[a-zA-Z0-9_]{{1,54}})"
    r":(?P<member>[a-zA-Z0-9_]{1,54})"
)
# Milliseconds in UTC, so that dates compare as texts.
_DATE = "strftime('%Y-%m-%dT%H:%M:%f', {})"


class Fragment(NamedTuple):
    """A piece of SQL and the values of its placeholders."""

    sql: str
    values: tuple[Any, ...] = ()


class SearchField(NamedTuple):
    """A field by its name in a request.

    ``column`` is one of ours and stands in the SQL; ``path`` leads into the JSON of a column and
    is always bound.
    """

    name: str
    kind: str
    column: str
    path: str = ""

    @property
    def is_text(self) -> bool:
        """Whether words are looked for, and not the whole."""
        return self.kind in {"text", "array_text"}

    @property
    def operand(self) -> str:
        """What a value is compared with: a column, or an element of the metadata."""
        if not self.path:
            return self.column
        return _DATE.format("element.value") if self.kind == "date" else "element.value"

    @property
    def key(self) -> Fragment:
        """What images are sorted by."""
        if not self.path:
            return Fragment(self.column)
        value = f"json_extract({self.column}, ?)"
        return Fragment(_DATE.format(value) if self.kind == "date" else value, (self.path,))

    @property
    def elements(self) -> Fragment:
        """The table of the values that one image has in its metadata."""
        return Fragment(f"json_each({self.column}, ?) AS element", (self.path,))


def find_field(name: str) -> SearchField:
    """Return a field by its name, or answer 400."""
    if name in _COLUMNS:
        kind, column = _COLUMNS[name]
        return SearchField(name, kind, f"source_image.{column}")
    if match := _USER.fullmatch(name):
        kind = match["kind"] or "str"
        key = match["name"] if kind == "str" else f"{kind}:{match['name']}"
        return SearchField(name, kind, "source_image.user_metadata", f'$."{key}"')
    if match := _OTHER.fullmatch(name):
        # No image has static metadata here: the path of such a field leads nowhere.
        room = "source_image.dynamic_metadata" if match["room"] == "dynamic" else "'{}'"
        return SearchField(name, match["kind"], room, f'$."{match["name"]}"."{match["member"]}"')
    raise BadRequest(
        f"Unknown field {name[:200]!r}, must be one of: {', '.join(_COLUMNS)},"
        " user:{type}:{field}, dynamic:{type}:{name}:{field}, static:{type}:{name}:{field}."
        f" Types are {', '.join(USER_TYPES)}."
    )
