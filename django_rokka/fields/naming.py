"""Alias names made of a row, by a template such as ``brand_{pk}_logo`` or by a function."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Field, Model
from django.utils.translation import gettext as _

from django_rokka.fields.names import validate_alias_name
from django_rokka.fields.stored import read_names, read_reference
from django_rokka.render import has_alias_characters
from django_rokka.signals import alias_claimed

if TYPE_CHECKING:
    from django_rokka.fields.image import RokkaImage

__all__ = [
    "check_alias_name",
    "claim_name",
    "find_alias",
    "get_origin_name",
    "get_remedy",
    "make_alias_name",
    "make_name",
    "read_template",
]


def claim_name(instance: Model, field: RokkaImage, value: Any) -> None:
    """Tell receivers of the name that a row with this value will have, which they may refuse.

    Raise ``ValidationError`` where they do, and where no name can be made. A row that has its
    alias claims none, and neither does one without an image at rokka.
    """
    if find_alias(instance, field):
        return
    name = make_name(instance, field)
    if name and _is_for_rokka(value, field):
        alias_claimed.send(type(instance), instance=instance, field=field, name=name)


def find_alias(instance: Model, field: RokkaImage) -> str:
    """Return the alias that the column of a row is known to have, whatever the object holds."""
    if instance._state.adding or instance.pk is None:
        return ""  # a copy of another row, whose alias it is
    references = map(read_reference, read_names(instance, field))
    return next((reference.alias for reference in references if reference and reference.alias), "")


def make_name(instance: Model, field: RokkaImage) -> str:
    """Return what the option ``alias`` of a field names a row, empty while it can not yet.

    Raise ``ValidationError`` for what cannot be the name of an alias.
    """
    if callable(field.alias):
        return check_alias_name(field.alias(instance), origin=field.alias)
    return make_alias_name(field.alias, instance=instance, field=field) if field.alias else ""


def read_template(template: str) -> list[str]:
    """Return the placeholders of a template; raise ``ValueError`` when it cannot be read."""
    names = []
    for text, name, form, conversion in Formatter().parse(template):
        if text and not has_alias_characters(text.replace("-", "_")):
            raise ValueError(f"{text!r} has other characters than letters, digits and '_'")
        if name is not None and (not name.isidentifier() or form or conversion):
            raise ValueError(f"{{{name}}} is no plain placeholder")
        if name is not None:
            names.append(name)
    return names


def make_alias_name(template: str, *, instance: Model, field: Field[Any, Any]) -> str:
    """Return the name of a row's alias, empty while a placeholder has no value yet.

    Hyphens become underscores and a UUID its hexadecimal digits. Raise ``ValidationError`` when
    a column's value cannot stand in the name of an alias.
    """
    # Of the model that has the column, so that a row has one name, also when a child saves it.
    meta = field.model._meta
    known: Mapping[str, Any] = {
        "app_label": meta.app_label,
        "model": meta.model_name,
        "field": field.name,
        "pk": instance.serializable_value(meta.pk.name),
    }
    values = {}
    for name in read_template(template):
        value = known[name] if name in known else instance.serializable_value(name)
        if value is None or value == "" or hasattr(value, "resolve_expression"):
            return ""
        values[name] = _write(value)
    return check_alias_name(template.format(**values), origin=template)


def check_alias_name(text: str | None, *, origin: Any) -> str:
    """Return the name that is to be an alias, with underscores for hyphens; empty for none.

    Raise ``ValidationError`` when it cannot be one; ``origin`` is what made it.
    """
    if not text:
        return ""
    alias = str(text).replace("-", "_")
    _check_name(alias, origin=origin)
    return alias


def get_origin_name(origin: Any) -> str:
    """Return what tells a person which template or which function makes a name."""
    return str(getattr(origin, "__name__", origin))


def get_remedy() -> str:
    """Return the sentence that ends every error of such a name, for ``%(origin)s`` as above."""
    return _("Change what “%(origin)s” is made of.")


def _is_for_rokka(value: Any, field: RokkaImage) -> bool:
    """Say whether a value is an image at rokka, or a file that will be."""
    if not getattr(value, "_committed", True):
        return True
    return read_reference(str(value)) is not None and field.find_fallback(str(value)) is None


def _write(value: Any) -> str:
    return value.hex if isinstance(value, uuid.UUID) else str(value)


def _check_name(alias: str, *, origin: Any) -> None:
    try:
        validate_alias_name(alias)
    except ValidationError as error:
        raise ValidationError(
            f"{error.message} {get_remedy()}",
            code=error.code,
            params={**(error.params or {}), "origin": get_origin_name(origin)},
        ) from error
