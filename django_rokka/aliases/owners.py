"""Whose an alias is: the column of a row that it follows."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from django_rokka.columns import get_image_fields
from django_rokka.fields import RokkaImage
from django_rokka.fields.stored import read_reference
from django_rokka.models import Alias
from django_rokka.render import ImageReference

__all__ = [
    "describe",
    "get_column",
    "get_owner",
    "get_owning_field",
    "has_living_owner",
    "is_same_owner",
    "parse_name",
    "read_key",
]


def get_owner(instance: Model, field: RokkaImage) -> dict[str, str]:
    """Name the column of a row, by the model that has it: a child may save the row too."""
    meta = field.model._meta
    key = meta.pk.value_to_string(instance)
    return {"model": meta.label_lower, "object_pk": key, "field": field.name}


def is_same_owner(alias: Alias, owner: dict[str, str]) -> bool:
    """Say whether an alias follows this column."""
    return {name: getattr(alias, name) for name in ("model", "object_pk", "field")} == owner


def get_owning_field(alias: Alias) -> RokkaImage:
    """Return the field that an alias follows; ``LookupError`` when the model has it no more."""
    model: type[Model] = apps.get_model(alias.model)
    for field in get_image_fields(model):
        if field.name == alias.field:
            return field
    raise LookupError(f"{alias.model} has no image field {alias.field!r}.")


def get_column(alias: Alias, field: RokkaImage, *, using: str) -> QuerySet[Model]:
    """Return the row that an alias follows, as a query of one row that no manager hides."""
    rows = QuerySet[Model](field.model, using=using)
    key = read_key(alias, field)
    row: QuerySet[Model] = rows.none() if key is None else rows.filter(pk=key)
    return row


def read_key(alias: Alias, field: RokkaImage) -> Any:
    """Return the key of an alias's row; ``None`` where the model has keys of another kind since."""
    try:
        return field.model._meta.pk.to_python(alias.object_pk)
    except (TypeError, ValueError, ValidationError):
        return None


def has_living_owner(alias: Alias, *, using: str) -> bool:
    """Say whether there is still the row that an alias follows."""
    if not alias.is_owned:
        return False
    try:
        field = get_owning_field(alias)
    except LookupError:
        return False
    return bool(get_column(alias, field, using=using).exists())


def describe(alias: Alias) -> str:
    """Say whose an alias is."""
    whose = f"of {alias.owner}" if alias.is_owned else "that was set by hand"
    if alias.environment:
        whose += f" (environment {alias.environment!r})"
    return whose


def parse_name(text: str | None, *, field: RokkaImage) -> ImageReference | None:
    """Parse a column; ``None`` for what is no reference, or is kept by the storage's fallback."""
    return None if field.find_fallback(text) is not None else read_reference(text)
