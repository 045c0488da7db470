"""What happens when a row with images is saved."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from django_rokka import aliases
from django_rokka.columns import get_image_fields
from django_rokka.fields import RokkaImage

__all__ = ["commit_images", "complete_dimensions", "follow_aliases"]


@receiver(pre_save)
def commit_images(
    sender: type[Model],
    instance: Model,
    *,
    raw: bool,
    update_fields: Collection[str] | None,
    **kwargs: Any,  # signals send more
) -> None:
    """Upload before any column is read, so that width and height fields are right."""
    for field in _get_saved_fields(sender, instance, raw=raw, update_fields=update_fields):
        file = getattr(instance, field.attname)
        if file and not file._committed:
            # Before the upload, because an image without its alias would be half done.
            field.get_alias_name(instance)
        field.pre_save(instance, add=False)


@receiver(post_save)
def follow_aliases(
    sender: type[Model],
    instance: Model,
    *,
    raw: bool,
    using: str,
    update_fields: Collection[str] | None,
    **kwargs: Any,  # signals send more
) -> None:
    """Claim the alias of each image that has none yet, and move it after the commit."""
    for field in _get_saved_fields(sender, instance, raw=raw, update_fields=update_fields):
        alias = aliases.claim(instance, field, using=using)
        if alias is not None:
            _move_on_commit(instance, field, alias_pk=alias.pk, using=using)


@receiver(post_save)
def complete_dimensions(
    sender: type[Model],
    instance: Model,
    *,
    raw: bool,
    using: str,
    update_fields: Collection[str] | None,
    **kwargs: Any,  # signals send more
) -> None:
    """Write the width and height of images that ``update_fields`` named without them."""
    if update_fields is None:
        return
    for field in _get_saved_fields(sender, instance, raw=raw, update_fields=update_fields):
        missing = {field.width_field, field.height_field} - {None, *update_fields}
        if missing:
            values = {str(name): getattr(instance, str(name)) for name in missing}
            sender._base_manager.using(using).filter(pk=instance.pk).update(**values)


def _get_saved_fields(
    model: type[Model], instance: Model, *, raw: bool, update_fields: Collection[str] | None
) -> list[RokkaImage]:
    """Return the image fields whose columns this save writes; none of a fixture's."""
    if raw:
        return []
    return [
        field
        for field in get_image_fields(model)
        if field.attname in instance.__dict__
        and (update_fields is None or field.name in update_fields)
    ]


def _move_on_commit(instance: Model, field: RokkaImage, *, alias_pk: int, using: str) -> None:
    def move_alias() -> None:
        reference = aliases.apply(alias_pk, using=using)
        file = getattr(instance, field.attname)
        # The object may hold another file by now.
        if reference is not None and file and file._committed and file.hash == reference.hash:
            setattr(instance, field.attname, str(reference))

    # Robust: the row is saved, and what failed is logged by Django.
    transaction.on_commit(move_alias, using=using, robust=True)
