"""What an assignment to an image field changes in the columns that belong to the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Model

from django_rokka.fields.stored import find_change, is_other_image, read_name, read_reference

if TYPE_CHECKING:
    from django_rokka.fields.files import RokkaFieldFile
    from django_rokka.fields.image import RokkaImage

__all__ = ["drop_foreign_alias", "follow_assignment", "is_new_image"]


def follow_assignment(instance: Model, field: RokkaImage, *, before: str) -> None:
    """Have the columns of an object follow its value, which was another name ``before``.

    The size does at once. The placeholder of a row that is there is emptied by its next save, but
    an object that is to become another row tells nobody what it held.
    """
    after = read_name(instance.__dict__.get(field.attname))
    field.update_dimension_fields(instance, force=before != after)
    if not (field.placeholder_field and before and instance._state.adding):
        return
    if is_other_image(before, after):
        setattr(instance, field.placeholder_field, "")


def is_new_image(file: RokkaFieldFile) -> bool:
    """Say whether saving the value's object puts another image into its column."""
    instance = file.instance
    return instance._state.adding or find_change(instance, file.field) is not None


def drop_foreign_alias(file: RokkaFieldFile) -> None:
    """Take from the value of a new row an alias that is another row's, as copies of rows have it.

    Only a field whose option ``alias`` names its images knows whose a name is.
    """
    field = file.field
    if not (field.alias and file and file.instance._state.adding):
        return
    reference = read_reference(file.name)
    if reference is None or not reference.alias or file.find_fallback() is not None:
        return
    try:
        own = field.get_alias_name(file.instance)
    except ValidationError:
        own = ""  # a name that cannot be is nobody's
    if reference.alias != own:
        file.name = str(reference._replace(alias=""))
