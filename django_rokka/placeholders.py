"""Placeholders: a picture in some thirty characters, shown until the picture is there."""

from __future__ import annotations

import logging

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import router
from django.db.models import Model

from django_rokka import models
from django_rokka.columns import get_image_fields
from django_rokka.exceptions import RokkaError
from django_rokka.fields import RokkaImage
from django_rokka.fields.stored import read_reference
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

__all__ = ["complete"]

_DEADLINE = 10
"""Seconds for all tries: without a task queue it holds up the request that saved the row."""

logger = logging.getLogger("django_rokka.placeholders")


def complete(model: str, pk: str, field: str, *, using: str) -> str:
    """Write the BlurHash of a row's image into the column of its ``placeholder_field``.

    ``model`` is a label, ``pk`` as ``value_to_string`` writes it. A row that is gone, shows
    another image by then, or has a placeholder stays as it is, so that it may be done twice.
    Return what was written, else an empty text; what rokka refuses is logged. GET of a render URL.
    """
    found = _find_field(apps.get_model(model), field)
    key = found.model._meta.pk
    rows = found.model._base_manager.using(using).filter(pk=key.to_python(pk))
    column = found.placeholder_field
    name, placeholder = rows.values_list(found.attname, column).first() or ("", "")
    reference = read_reference(name)
    if reference is None or placeholder or found.find_fallback(name) is not None:
        return ""
    try:
        text = _find_text(reference, storage=found.rokka_storage)
    except (RokkaError, ImproperlyConfigured) as error:
        logger.warning("No placeholder for %s of %s %s: %s", found, model, pk, error)
        return ""
    # Compare and set; the name may have got its alias meanwhile, and is the same image.
    same = rows.filter(**{f"{found.name}__hash": reference.hash})
    return text if same.update(**{column: text}) else ""


def _find_text(reference: ImageReference, *, storage: RokkaStorage) -> str:
    """Return the BlurHash of an image: the mirror's, or rokka's, which the mirror gets too."""
    mirror = models.SourceImage.objects.using(router.db_for_write(models.SourceImage))
    mirror = mirror.filter(organization=storage.config.organization, hash=reference.hash)
    known: str | None = mirror.values_list("placeholder", flat=True).first()
    if known:
        return known
    text = storage.fetch_placeholder(reference, deadline=_DEADLINE)
    mirror.update(placeholder=text)
    return text


def _find_field(model: type[Model], name: str) -> RokkaImage:
    """Return an image field; raise ``LookupError`` when the model has none of that name."""
    for field in get_image_fields(model):
        if field.name == name:
            return field
    raise LookupError(f"{model._meta.label} has no image field {name!r}.")
