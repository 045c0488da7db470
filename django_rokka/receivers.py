"""What happens when a row with images is saved or deleted, and when rokka has a new image.

A save that changes no image costs no call more than without, and no query but one for each field
with an alias. One that replaces an image costs five queries of the mirror at most: one records
the upload, two keep it, two release the image before; an image that this save has not uploaded is
also asked for at rokka. A save of an object whose placeholder is empty looks that up again.

All of that waits for the commit. Where a site commits by hand (``set_autocommit(False)`` and no
``atomic``), Django tells nobody about it, so it is done before; what comes of a rollback then, and
of others who change the same rows meanwhile, is left to the next collection.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router, transaction
from django.db.models import Model
from django.db.models.signals import class_prepared, post_delete, post_save, pre_save
from django.dispatch import receiver

from django_rokka import aliases, library, models, tasks
from django_rokka.columns import get_image_fields
from django_rokka.fields import RokkaImage
from django_rokka.fields.stored import (
    Change,
    find_change,
    is_other_image,
    note_written,
    read_name,
    read_names,
    read_reference,
    settle,
)
from django_rokka.signals import alias_claimed, alias_set, image_released, image_uploaded
from django_rokka.storage import RokkaStorage

if TYPE_CHECKING:
    from django_rokka.client import SourceImage
    from django_rokka.render import ImageReference

__all__ = [
    "commit_images",
    "complete_columns",
    "follow_aliases",
    "keep_images",
    "note_alias",
    "record_image",
    "refuse_taken_name",
    "release_image",
    "release_images",
    "watch_deletions",
]

logger = logging.getLogger("django_rokka.receivers")


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
    if raw:
        for field in get_image_fields(sender):
            if field.protected and (file := getattr(instance, field.attname)):
                file.is_from_fixture = True
    for field in _get_saved_fields(sender, instance, raw=raw, update_fields=update_fields):
        file = getattr(instance, field.attname)
        if file and not file._committed:
            # Before the upload, because an image without its alias would be half done.
            field.get_alias_name(instance)
        field.pre_save(instance, add=False)
        if field.placeholder_field and find_change(instance, field):
            # At once, so that no page shows the placeholder of another picture.
            setattr(instance, field.placeholder_field, "")
        if instance._state.adding:
            # It may be a row that is there already, of which nobody knows what it holds.
            instance.__dict__.setdefault(field.note, ())


@receiver(post_save)
def complete_columns(
    sender: type[Model],
    instance: Model,
    *,
    raw: bool,
    using: str,
    update_fields: Collection[str] | None,
    **kwargs: Any,  # signals send more
) -> None:
    """Write the columns that belong to images which ``update_fields`` named without them."""
    if update_fields is None:
        return
    for field in _get_saved_fields(sender, instance, raw=raw, update_fields=update_fields):
        belonging = {field.width_field, field.height_field}
        if field.placeholder_field and find_change(instance, field):
            belonging.add(field.placeholder_field)
        missing = belonging - {None, *update_fields}
        if missing:
            values = {str(name): getattr(instance, str(name)) for name in missing}
            sender._base_manager.using(using).filter(pk=instance.pk).update(**values)


@receiver(post_save)  # after complete_columns, which asks what has changed too
def keep_images(
    sender: type[Model],
    instance: Model,
    *,
    raw: bool,
    created: bool,
    using: str,
    update_fields: Collection[str] | None,
    **kwargs: Any,  # signals send more
) -> None:
    """Keep the images that a row refers to since this save, and release those it let go of.

    That is done when the row is committed, and not at all when it is rolled back.
    """
    for field in _get_saved_fields(sender, instance, raw=raw, update_fields=update_fields):
        change = find_change(instance, field, is_new=created)
        note_written(instance, field, change)
        if change is not None:
            uploaded = getattr(instance, field.attname).take_upload_time()
            _on_commit(
                partial(_follow_change, instance, field, change, uploaded, using), using=using
            )
        elif _is_without_placeholder(instance, field, update_fields):
            _on_commit(partial(_fetch_placeholder, instance, field, using), using=using)


@receiver(post_save)  # after keep_images, since an alias needs an image that is there
def follow_aliases(
    sender: type[Model],
    instance: Model,
    *,
    raw: bool,
    using: str,
    update_fields: Collection[str] | None,
    **kwargs: Any,  # signals send more
) -> None:
    """Claim the alias of each image that it does not follow yet, and move it after the commit."""
    for field in _get_saved_fields(sender, instance, raw=raw, update_fields=update_fields):
        alias = aliases.claim(instance, field, using=using)
        if alias is not None:
            _move_on_commit(instance, field, alias=alias, using=using)


def release_images(sender: type[Model], instance: Model, *, using: str, **kwargs: Any) -> None:
    """Release the images of a row that was deleted, and its aliases, when that is committed."""
    names: dict[RokkaImage, tuple[str, ...]] = {
        field: read_names(instance, field)
        for field in get_image_fields(sender)
        # A parent's row has a signal of its own, and may stay.
        if field.model._meta.concrete_model is sender._meta.concrete_model
    }
    for field, held in names.items():
        if any(held):
            _on_commit(partial(_release, field, held), using=using)
        alias = aliases.release_row(instance, field, using=using)
        if alias is not None:
            _apply_on_commit(
                partial(tasks.apply_alias_later, alias, field, using=using), using=using
            )


@receiver(class_prepared)
def watch_deletions(sender: type[Model], **kwargs: Any) -> None:
    """Listen to the deletions of a model that has images, and of no other.

    A receiver of all models would have Django load every row of the project before it deletes it.
    """
    is_historical = sender.__module__ == "__fake__"
    if not is_historical and get_image_fields(sender):
        post_delete.connect(release_images, sender=sender)


@receiver(image_uploaded)
def record_image(*, storage: RokkaStorage, image: SourceImage, **kwargs: Any) -> None:
    """Write down in the mirror what rokka has answered: somebody wants that image again."""
    using = router.db_for_write(models.SourceImage)
    _on_commit(partial(library.record, storage, image, is_wanted=True), using=using)


@receiver(image_released)
def release_image(*, storage: RokkaStorage, reference: ImageReference, **kwargs: Any) -> None:
    """Note in the mirror that somebody has deleted a name."""
    using = router.db_for_write(models.SourceImage)
    _on_commit(partial(library.release, storage, [reference]), using=using)


@receiver(alias_claimed)
def refuse_taken_name(
    *,
    instance: Model,
    field: RokkaImage,
    name: str,
    **kwargs: Any,  # signals send more
) -> None:
    """Refuse the name of an alias that is another's, while its row is validated."""
    aliases.refuse_taken(instance, field, name)


@receiver(alias_set)
def note_alias(
    *,
    storage: RokkaStorage,
    name: str,
    reference: ImageReference,
    is_overwritten: bool,
    **kwargs: Any,  # signals send more
) -> None:
    """Write down that a name points at an image, which is kept for it."""
    using = router.db_for_write(models.Alias)
    note = partial(aliases.note_set, storage, name, reference, is_overwritten=is_overwritten)
    _on_commit(note, using=using)


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
        and (update_fields is None or not {field.name, field.attname}.isdisjoint(update_fields))
    ]


def _move_on_commit(instance: Model, field: RokkaImage, *, alias: models.Alias, using: str) -> None:
    def move_alias() -> None:
        text = tasks.apply_alias_later(alias, field, using=using)
        file = getattr(instance, field.attname)
        # The object may hold another file by now.
        if file and file._committed and text and not is_other_image(file.name, text):
            setattr(instance, field.attname, text)

    _apply_on_commit(move_alias, using=using)


def _apply_on_commit(act: Callable[[], object], *, using: str) -> None:
    """Apply an alias after the commit; where that is done by hand, by the next ``apply``.

    What is rolled back is to move nothing.
    """
    connection = connections[using]
    if not connection.in_atomic_block and not connection.get_autocommit():
        return
    home = router.db_for_write(models.CacheInvalidation)
    if home == using:
        _on_commit(act, using=using)
    else:
        # Its wish to clear caches is to be committed there, and drained after that.
        _on_commit(partial(_on_commit, act, using=home), using=using)


def _follow_change(
    instance: Model, field: RokkaImage, change: Change, uploaded: datetime | None, using: str
) -> None:
    """Do what a committed change of a column asks for."""
    settle(instance, field, change.after)
    storage = _get_storage(field)
    if storage is None:
        return
    after = _read_own(change.after, storage=storage)
    if after is not None:
        library.keep(storage, [after], is_confirmed=library.is_fresh(uploaded))
    # The row's other fields may hold what this one let go of.
    fields = get_image_fields(type(instance))
    names = [change.after, *(name for other in fields for name in read_names(instance, other))]
    held = {reference.hash for reference in map(read_reference, names) if reference}
    _release_names(storage, change.before, held=held)
    if after is not None and field.placeholder_field:
        _fetch_placeholder(instance, field, using)


def _is_without_placeholder(
    instance: Model, field: RokkaImage, update_fields: Collection[str] | None
) -> bool:
    """Say whether a save has written an empty placeholder beside an image.

    The object may be older than the placeholder, which was fetched after its first save.
    """
    column = field.placeholder_field
    is_written = column and (update_fields is None or column in update_fields)
    return bool(is_written and instance.__dict__.get(column) == "" and _read_image(instance, field))


def _fetch_placeholder(instance: Model, field: RokkaImage, using: str) -> None:
    """Have the placeholder fetched, and let the object have it too, as its next save writes it."""
    image = _read_image(instance, field)
    if image is None or _get_storage(field) is None:
        return
    text = tasks.fetch_placeholder_later(instance, field, using=using)
    if text and instance.__dict__.get(field.placeholder_field) == "":
        setattr(instance, field.placeholder_field, text)


def _read_image(instance: Model, field: RokkaImage) -> ImageReference | None:
    """Return the image at rokka that an object has; ``None`` for any other, and a new file."""
    name = read_name(instance.__dict__.get(field.attname))
    return None if field.find_fallback(name) is not None else read_reference(name)


def _release(field: RokkaImage, names: Iterable[str]) -> None:
    storage = _get_storage(field)
    if storage is not None:
        _release_names(storage, names)


def _release_names(
    storage: RokkaStorage, names: Iterable[str], *, held: Collection[str] = ()
) -> None:
    references = {_read_own(name, storage=storage) for name in names}
    released = [reference for reference in references if reference and reference.hash not in held]
    if released:
        library.release(storage, released)


def _read_own(name: str, *, storage: RokkaStorage) -> ImageReference | None:
    """Parse the name of an image at rokka; ``None`` for any other."""
    reference = read_reference(name)
    is_elsewhere = reference is None or storage.find_fallback(name) is not None
    return None if is_elsewhere else reference


def _get_storage(field: RokkaImage) -> RokkaStorage | None:
    try:
        return field.rokka_storage
    except ImproperlyConfigured:
        return None  # as in tests that keep files elsewhere; the checks report a mistake


def _on_commit(act: Callable[[], object], *, using: str) -> None:
    def run() -> None:
        act()

    # Its name stands in the log when it fails.
    update_wrapper(run, act.func if isinstance(act, partial) else act)
    connection = connections[using]
    if not connection.in_atomic_block and not connection.get_autocommit():
        _run_before_commit(run, using=using)
        return
    # Robust: the row is saved, and what failed is logged by Django.
    transaction.on_commit(run, using=using, robust=True)


def _run_before_commit(act: Callable[[], object], *, using: str) -> None:
    """Act at once, since Django refuses to tell when a commit by hand is done.

    It is too early: others do not see the row yet, and it may be rolled back. An image that is
    released so is not deleted for that, because a collection looks at the columns itself.
    """
    try:
        # With a savepoint, so that what fails does not take the saved row with it.
        with transaction.atomic(using=using):
            act()
    except Exception:  # as robust: whatever it is, the row is saved
        logger.exception("%s failed, before a commit by hand.", act.__qualname__)


for _model in apps.get_models(include_auto_created=True):
    watch_deletions(_model)
