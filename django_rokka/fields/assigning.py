"""The attribute of a row: what may be assigned to it, and what follows an assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files import File
from django.db.models import Model
from django.db.models.fields.files import FieldFile, FileDescriptor

from django_rokka.fields.files import RokkaFieldFile

if TYPE_CHECKING:
    from django_rokka.fields.image import RokkaImage

__all__ = ["RokkaFileDescriptor", "check_kind"]


class RokkaFileDescriptor(FileDescriptor):
    """The attribute of a row; unlike ImageField's it opens no file when something is assigned."""

    field: RokkaImage

    def __init__(self, field: RokkaImage) -> None:
        super().__init__(field)
        self._attname = field.attname
        self._has_followers = bool(
            field.width_field or field.height_field or field.placeholder_field
        )

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Return the value, of which each object has one of its own: a copy of a row copies it."""
        if instance is None:
            return self
        values = instance.__dict__
        value = values.get(self._attname)
        if type(value) is str:  # as a row is loaded
            value = values[self._attname] = self.field.attr_class(instance, self.field, value)
            return value
        if isinstance(value, RokkaFieldFile):
            if value.instance is not instance:
                value = values[self._attname] = value.copy_to(instance)
            return value
        return super().__get__(instance, owner)

    def __set__(self, instance: Model, value: Any) -> None:
        """Take a text, a reference, a file or a value; the value of another row is copied.

        Of an image in the same storage its reference is copied; what is kept elsewhere, or not
        uploaded yet, becomes a file to upload. What is replaced is noted, for the next save, and
        the columns of its size follow. Raise ``TypeError`` for anything else.
        """
        values = instance.__dict__
        is_replaced = self._attname in values
        # Only a text has no row that it could come from, and every row that is loaded has one.
        is_reloaded = type(value) is not str and _is_reloaded(value, instance, self.field)
        if not values["_state"].adding:
            is_replaced = is_replaced or not is_reloaded
            if is_reloaded:
                values.pop(self.field.note, None)
            else:
                from django_rokka.fields.stored import note_stored

                note_stored(instance, self.field)
        before = values.get(self._attname)
        values[self._attname] = value if type(value) is str else self._take(value, instance)
        if is_replaced and self._has_followers:
            if is_reloaded:
                self.field.update_dimension_fields(instance)
            else:
                from django_rokka.fields.following import follow_assignment
                from django_rokka.fields.stored import read_name

                follow_assignment(instance, self.field, before=read_name(before))

    def _take(self, value: Any, instance: Model) -> Any:
        """Return what stands for a value in the object."""
        if isinstance(value, FieldFile):
            is_own = value.field is self.field and value.instance is instance
            return value if is_own else self._copy(value, instance) if value else value.name
        return check_kind(value, field=self.field)

    def _copy(self, value: FieldFile, instance: Model) -> RokkaFieldFile:
        from django_rokka.fields.stored import read_reference

        is_reference = isinstance(value, RokkaFieldFile) and value._committed
        copy = RokkaFieldFile(instance, self.field, value.name)
        if not is_reference or value.storage != copy.storage:
            copy.file, copy._committed = value, False
            return copy
        reference = read_reference(value.name)
        if reference is None or not reference.alias or _is_of_row(value, instance, self.field):
            return copy
        # A name of another row, which may show another picture tomorrow.
        return RokkaFieldFile(instance, self.field, str(reference._replace(alias="")))


def check_kind(value: Any, *, field: RokkaImage) -> Any:
    """Return what a column can take; of a reference its text.

    Raise ``TypeError`` for what is neither a text nor a file.
    """
    from django_rokka.render import ImageReference

    if value is None or isinstance(value, (str, File)) or hasattr(value, "resolve_expression"):
        return value
    if isinstance(value, ImageReference):
        return str(value)
    raise TypeError(
        f"{field} takes a file or the text of a reference, and no {type(value).__name__}."
        " Wrap bytes in ContentFile(content, name=...) of django.core.files.base, and what"
        " path.open('rb') returns in File(opened, name=path.name) of django.core.files."
    )


def _is_reloaded(value: Any, instance: Model, field: RokkaImage) -> bool:
    """Say whether a value comes from another object of the same row, as it was loaded.

    ``refresh_from_db`` assigns such, and then the column holds just that.
    """
    return (
        isinstance(value, FieldFile)
        and value.instance is not instance
        and _is_of_row(value, instance, field)
        and field.note not in value.instance.__dict__
    )


def _is_of_row(value: FieldFile, instance: Model, field: RokkaImage) -> bool:
    other = value.instance
    return (
        value.field is field
        and getattr(other, "pk", None) is not None
        and other.pk == instance.pk
        and not other._state.adding
    )
