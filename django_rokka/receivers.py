"""What happens when a row with images is saved."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from django_rokka import aliases
from django_rokka.columns import get_image_fields
from django_rokka.fields import RokkaImage

__all__ = ["commit_images", "follow_aliases"]


@receiver(pre_save)
def commit_images(
    sender: type[Model],
    instance: Model,
    *,
    raw: bool,
    update_fields: Collection[str] | None,
    **kwargs: Any,  # noqa: ARG001  # signals send more
) -> None:
    """Upload before any column is read, so that width and height fields are right."""
    for field in get_image_fields(sender):
        is_saved = update_fields is None or field.name in update_fields
        if is_saved and not raw and field.attname in instance.__dict__:
            field.pre_save(instance, add=False)


@receiver(post_save)
def follow_aliases(
    sender: type[Model],
    instance: Model,
    *,
    raw: bool,
    using: str,
    **kwargs: Any,  # noqa: ARG001  # signals send more
) -> None:
    """Claim the alias of each image that has none yet, and move it after the commit."""
    for field in get_image_fields(sender):
        if raw or not field.alias or field.attname not in instance.__dict__:
            continue
        alias = aliases.claim(instance, field, using=using)
        if alias is not None:
            move = functools.partial(_move, instance, field, alias_pk=alias.pk, using=using)
            transaction.on_commit(move, using=using, robust=True)


def _move(instance: Model, field: RokkaImage, *, alias_pk: int, using: str) -> None:
    reference = aliases.apply(alias_pk, using=using)
    file = getattr(instance, field.attname)
    if reference is not None and file and file.hash == reference.hash:
        setattr(instance, field.attname, str(reference))
