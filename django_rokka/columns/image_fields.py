"""The image fields of a model."""

from __future__ import annotations

from django.db.models import Model

from django_rokka.fields import RokkaImage

__all__ = ["get_image_fields"]


def get_image_fields(model: type[Model]) -> tuple[RokkaImage, ...]:
    """Return the image fields of a model, also those of its parents."""
    return tuple(field for field in model._meta.concrete_fields if isinstance(field, RokkaImage))
