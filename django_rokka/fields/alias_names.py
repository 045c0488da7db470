"""What names an alias template can give: which characters, how few, and which two share."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import Field

from django_rokka.fields.naming import read_template
from django_rokka.render import has_alias_characters

if TYPE_CHECKING:
    from django_rokka.fields.image import RokkaImage

__all__ = ["AliasNames", "can_share", "read_alias_names", "read_column_names"]

_WORDS = frozenset({"app_label", "model", "field"})
"""Placeholders that stand for the same word in every row of a model."""

_DIGITS = frozenset(string.digits)
_HEXADECIMAL = frozenset("0123456789abcdef")
_UUID_LENGTH = 32
_ANY = frozenset(string.ascii_letters + string.digits + "_")
_UNSIGNED = (
    models.AutoField,
    models.PositiveBigIntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
)
_NEVER_NAMES = (
    models.BinaryField,
    models.CompositePrimaryKey,
    models.DateTimeField,
    models.DurationField,
    models.EmailField,
    models.FileField,
    models.GenericIPAddressField,
    models.JSONField,
    models.TimeField,
    models.URLField,
)
"""Columns each of whose values has a character that no alias has, such as ':', '@' or '/'."""


class _Part(NamedTuple):
    """One character of a name, which may be left out or come again."""

    characters: frozenset[str]
    can_be_left_out: bool = False
    can_be_repeated: bool = False


class AliasNames(NamedTuple):
    """The names that the template of one field can give."""

    form: str
    """The template with the words of its model, and ``*`` where each row has its own text."""

    parts: tuple[_Part, ...]

    @property
    def shortest(self) -> int:
        """The characters of the shortest of these names."""
        return sum(not part.can_be_left_out for part in self.parts)


def read_column_names(template: str) -> set[str]:
    """Return the placeholders that tell the rows of a model apart."""
    return set(read_template(template)) - _WORDS


def read_alias_names(field: RokkaImage, template: str) -> AliasNames:
    """Return the names that a template can give on the model of its field.

    Raise ``ValueError`` or ``FieldDoesNotExist`` when it can give none.
    """
    read_template(template)
    meta = field.model._meta
    words = {"app_label": meta.app_label, "model": str(meta.model_name), "field": field.name}
    form, parts = "", list[_Part]()
    for text, name, _, _ in string.Formatter().parse(template):
        word = text.replace("-", "_") + words.get(name or "", "")
        if word and not has_alias_characters(word):
            raise ValueError(f"{word!r} has other characters than letters, digits and '_'")
        form += word
        parts += (_Part(frozenset(character)) for character in word)
        if name is not None and name not in words:
            form += "*"
            parts += _iter_parts(_get_column(field, name), name)
    return AliasNames(form, tuple(parts))


def can_share(first: AliasNames, second: AliasNames) -> bool:
    """Say whether there is a name that both can give: both are read along one name at once."""
    heads = [names.form.partition("*")[0] for names in (first, second)]
    if not heads[0].startswith(heads[1]) and not heads[1].startswith(heads[0]):
        return False  # as nearly all do: it spares large projects the walk
    seen: set[tuple[int, int]] = set()
    places = [(0, 0)]
    while places:
        place = places.pop()
        if place in seen:
            continue
        seen.add(place)
        here, there = place
        mine, its = first.parts[here : here + 1], second.parts[there : there + 1]
        if not mine and not its:
            return True
        if mine and mine[0].can_be_left_out:
            places.append((here + 1, there))
        if its and its[0].can_be_left_out:
            places.append((here, there + 1))
        if mine and its and mine[0].characters & its[0].characters:
            places.append(
                (here + (not mine[0].can_be_repeated), there + (not its[0].can_be_repeated))
            )
    return False


def _get_column(field: RokkaImage, name: str) -> Field[Any, Any]:
    """Return the column behind a placeholder, of a foreign key the one it points at."""
    meta = field.model._meta
    column = meta.pk if name == "pk" else meta.get_field(name)
    is_column = column.concrete or isinstance(column, models.CompositePrimaryKey)
    # Django 5.2 calls a ManyToManyField concrete.
    if not isinstance(column, Field) or not is_column or column.many_to_many:
        raise ValueError(f"{{{name}}} is no column of {meta.label}")
    passed: list[object] = []  # of a circle of keys Django itself says nothing
    while isinstance(column, models.ForeignKey) and column not in passed:
        passed.append(column)
        column = column.target_field
    return column


def _iter_parts(column: Field[Any, Any], name: str) -> Iterator[_Part]:
    """Yield what the texts of a column are made of."""
    if isinstance(column, _NEVER_NAMES):
        raise ValueError(  # noqa: TRY004  # of what the template says, not of a type
            f"{{{name}}} is of type {type(column).__name__}, whose values have other characters"
            " than letters, digits, '-' and '_'"
        )
    if isinstance(column, models.UUIDField):
        yield from [_Part(_HEXADECIMAL)] * _UUID_LENGTH
        return
    characters = _ANY
    if isinstance(column, models.IntegerField):
        characters = _DIGITS
        if not isinstance(column, _UNSIGNED):
            yield _Part(frozenset("_"), can_be_left_out=True)  # the sign
    yield _Part(characters)
    yield _Part(characters, can_be_left_out=True, can_be_repeated=True)
