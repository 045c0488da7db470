"""Alias names made of a template such as ``brand_{pk}_logo`` and a row."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from string import Formatter
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, Model
from django.utils.translation import gettext as _

from django_rokka.render import is_alias_name

__all__ = ["MAX_ALIAS_LENGTH", "check_alias_name", "make_alias_name", "read_template"]

MAX_ALIAS_LENGTH = 150
"""Characters of an alias; with them a reference always fits the column of a ``RokkaImage``."""


def read_template(template: str) -> list[str]:
    """Return the placeholders of a template; raise ``ValueError`` when it cannot be read."""
    names = []
    for text, name, form, conversion in Formatter().parse(template):
        if text and not is_alias_name(text.replace("-", "_")):
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
    _check_name(alias, template=getattr(origin, "__name__", str(origin)))
    return alias


def _write(value: Any) -> str:
    return value.hex if isinstance(value, uuid.UUID) else str(value)


def _check_name(alias: str, *, template: str) -> None:
    if len(alias) > MAX_ALIAS_LENGTH:
        raise ValidationError(
            _(
                "“%(alias)s” cannot be the name of an alias: it has more than %(limit)d"
                " characters. Shorten what “%(template)s” is made of."
            ),
            code="invalid_alias",
            params={"alias": alias, "limit": MAX_ALIAS_LENGTH, "template": template},
        )
    if not is_alias_name(alias):
        raise ValidationError(
            _(
                "“%(alias)s” cannot be the name of an alias: only letters, digits and"
                " underscores can. Change what “%(template)s” is made of."
            ),
            code="invalid_alias",
            params={"alias": alias, "template": template},
        )
