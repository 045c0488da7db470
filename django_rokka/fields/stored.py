"""What the column of a row holds while its object has another value, without asking for it.

An object notes what it had when a value is first replaced, and so knows at its next save which
images the row lets go of. The note is a tuple of names in the object's own ``__dict__``: one name
is what the column holds, several are those it may hold, since a transaction that is not committed
yet may also be rolled back. An empty one says that nobody knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.files.base import File
from django.db.models import Model

from django_rokka import render
from django_rokka.exceptions import InvalidReference

if TYPE_CHECKING:
    from django_rokka.fields.image import RokkaImage

__all__ = [
    "Change",
    "find_change",
    "is_other_image",
    "note_stored",
    "note_written",
    "read_name",
    "read_names",
    "read_reference",
    "settle",
]


class Change(NamedTuple):
    """What a save did to a column: the names that it held before, and the one since."""

    before: tuple[str, ...]
    after: str


def note_stored(instance: Model, field: RokkaImage) -> None:
    """Note what the column holds, before the value is replaced; the first note stays.

    A new object has no column yet.
    """
    values = instance.__dict__
    if field.note not in values and not instance._state.adding:
        known = field.attname in values
        values[field.note] = (read_name(values[field.attname]),) if known else ()


def find_change(instance: Model, field: RokkaImage, *, is_new: bool = False) -> Change | None:
    """Say what writing the value changes, ``None`` where it is the same image.

    A row that ``is_new`` held nothing before.
    """
    values = instance.__dict__
    if field.attname not in values or not (is_new or field.note in values):
        return None
    before: tuple[str, ...] = () if is_new else values[field.note]
    after = read_name(values[field.attname])
    is_same = all(_get_identity(name) == _get_identity(after) for name in before or ("",))
    # Where nobody knows what was there before, any image may be another one.
    if is_same and (before or is_new or not after):
        return None
    return Change(before, after)


def note_written(instance: Model, field: RokkaImage, change: Change | None) -> None:
    """Note after a save that the column may hold the new name, until it is committed."""
    if change is None:
        instance.__dict__.pop(field.note, None)
    else:
        instance.__dict__[field.note] = (*change.before, change.after)


def settle(instance: Model, field: RokkaImage, name: str) -> None:
    """Note that a name has been committed: what was there before it cannot come back."""
    values = instance.__dict__
    names: tuple[str, ...] = values.get(field.note, ())
    if name not in names:
        return
    last = len(names) - 1 - names[::-1].index(name)
    values[field.note] = names[last:]
    if names[last:] == (name,) and read_name(values.get(field.attname)) == name:
        del values[field.note]


def read_names(instance: Model, field: RokkaImage) -> tuple[str, ...]:
    """Return the names that the column holds, or may hold; none where it was not loaded."""
    values = instance.__dict__
    if field.note in values:
        noted: tuple[str, ...] = values[field.note]
        return noted
    return (read_name(values[field.attname]),) if field.attname in values else ()


def read_name(value: Any) -> str:
    """Return the name that a value stands for; a file that is not uploaded has none yet."""
    if isinstance(value, str):
        return value
    if isinstance(value, File) and getattr(value, "_committed", False):
        return value.name or ""
    return ""


def is_other_image(before: str, after: str) -> bool:
    """Say whether two names are those of different images."""
    return _get_identity(before) != _get_identity(after)


def read_reference(name: str | None) -> render.ImageReference | None:
    """Parse a name; ``None`` for one that is no reference."""
    try:
        return render.ImageReference.parse(name or "")
    except InvalidReference:
        return None


def _get_identity(name: str) -> str:
    """Return the hash, which stays when an alias is noted; the name of what is no reference."""
    reference = read_reference(name)
    return name if reference is None else reference.hash
