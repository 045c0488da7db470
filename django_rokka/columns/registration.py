"""Columns that a project registers, because no field tells that images are named there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import BinaryField, Field, Model

from django_rokka.columns.texts import Mentioned, find_mentioned

__all__ = [
    "find_registered_images",
    "iter_registered_fields",
    "register_column",
    "register_images",
]

_registered: dict[tuple[str, str], None] = {}
_sources: dict[Callable[[], Iterable[object]], None] = {}
_OF_PACKAGES = (("reversion.Version", "serialized_data"), ("wagtailcore.Revision", "content"))
"""Columns of other packages that keep copies of rows."""


def register_column(model: str, column: str) -> None:
    """Say that a column of texts or of JSON may name images, such as one of rich text.

    Each hash counts as a reference that stands in what the database holds, so of an encrypted
    column none is seen. It belongs into ``AppConfig.ready``::

        register_column("blog.Post", "body")
    """
    if model.count(".") != 1:
        raise ValueError(f"{model!r} is no model. Write it as 'app_label.Model'.")
    _registered[model, column] = None


def register_images(get_images: Callable[[], Iterable[object]]) -> None:
    """Say which images a project names outside of columns: in settings, templates or code.

    The callable returns hashes, references or render URLs, and is called several times in a
    collection. It belongs into ``AppConfig.ready``::

        register_images(lambda: [settings.LOGO])
    """
    _sources[get_images] = None


def find_registered_images() -> Mentioned:
    """Return what the callables of ``register_images`` name at this moment."""
    named = [str(image) for get_images in _sources for image in get_images()]
    return find_mentioned("\n".join(named))


def iter_registered_fields() -> Iterator[tuple[type[Model], Field[Any, Any]]]:
    """Yield the registered columns; raise ``ImproperlyConfigured`` for one that is not there."""
    of_packages = [its for its in _OF_PACKAGES if its[0].split(".")[0] in apps.app_configs]
    for model, column in dict.fromkeys((*_registered, *of_packages)):
        yield _find_field(model, column)


def _find_field(model: str, column: str) -> tuple[type[Model], Field[Any, Any]]:
    """Return the field, and the model whose table has it: a parent's, if it is inherited."""
    try:
        field = apps.get_model(model)._meta.get_field(column)
    except (FieldDoesNotExist, LookupError) as error:
        raise _no_column(model, column, str(error)) from error
    if not (isinstance(field, Field) and field.concrete):
        raise _no_column(model, column, f"{field} has no column.")
    if isinstance(field, BinaryField):
        reason = "it holds bytes, in which no text can be found. Use register_images()."
        raise _no_column(model, column, reason)
    return field.model, field


def _no_column(model: str, column: str, reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"register_column({model!r}, {column!r}) names none: {reason}")
