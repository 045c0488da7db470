"""Aliases that follow their rows: claimed inside of the transaction, moved after it."""

from __future__ import annotations

import logging

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from django_rokka.columns import get_image_fields
from django_rokka.exceptions import Conflict, InvalidReference, RokkaError
from django_rokka.fields import RokkaImage
from django_rokka.models import Alias
from django_rokka.render import ImageReference
from django_rokka.render.reference import MAX_LENGTH
from django_rokka.storage import RokkaStorage

__all__ = ["apply", "claim"]

_DEADLINE = 10
"""Seconds that each call may take: it holds up the request that saved the row."""

logger = logging.getLogger("django_rokka.aliases")


def claim(instance: Model, field: RokkaImage, *, using: str) -> Alias | None:
    """Note that a row's alias has to point at the image the row holds now.

    Return the note to ``apply`` once the transaction has been committed, ``None`` when there is
    nothing to move. No request.
    """
    reference = _read(getattr(instance, field.attname).name)
    name = field.get_alias_name(instance)
    if reference is None or not name or reference.alias == name:
        return None
    owner = {
        # The model that has the column: a child of it may save the row too.
        "model": field.model._meta.label_lower,
        "object_pk": str(instance.serializable_value(field.model._meta.pk.name)),
        "field": field.name,
    }
    try:
        organization = field.rokka_storage.config.organization
    except ImproperlyConfigured as error:
        logger.error("The alias %r was not moved: %s", name, error)
        return None
    alias: Alias
    alias, is_new = Alias.objects.using(using).get_or_create(
        organization=organization,
        name=name,
        defaults={**owner, "target_hash": reference.hash},
    )
    if is_new:
        return alias
    if any(getattr(alias, key) != value for key, value in owner.items()):
        who = "{model} {object_pk}".format_map(owner)
        whose = f"{alias.model} {alias.object_pk}"
        logger.error("%s claims the alias %r of %s. It was not moved.", who, name, whose)
        return None
    alias.target_hash = reference.hash
    alias.save(using=using, update_fields=("target_hash", "changed"))
    return alias


def apply(alias_pk: int, *, using: str) -> ImageReference | None:
    """Point an alias at the image its row holds, and note that in the row's column.

    Return the reference with its alias, or ``None`` when rokka did not follow: what happened
    stands in the ``Alias`` and in the log, and the row renders by hash meanwhile.
    PUT /sourceimages/{org}/alias/{alias}.
    """
    alias = Alias.objects.using(using).get(pk=alias_pk)
    field = _get_field(alias)
    column = field.model._base_manager.using(using).filter(pk=alias.object_pk)
    text = column.values_list(field.attname, flat=True).first()
    reference = _read(text)
    if reference is None:
        return None
    previous = alias.confirmed_hash
    try:
        confirmed = reference._replace(alias=alias.name).fit(field.max_length or MAX_LENGTH)
        _point(alias, reference.hash, storage=field.rokka_storage)
    except RokkaError as error:
        _note(alias, using=using, error=error)
        return None
    alias.target_hash = alias.confirmed_hash = reference.hash
    # Compare and set: whoever changed the column meanwhile has claimed the alias anew.
    column.filter(**{field.attname: text}).update(**{field.attname: str(confirmed)})
    has_moved = previous not in ("", reference.hash)
    failure = _invalidate(alias, field.rokka_storage) if has_moved else None
    _note(alias, using=using, error=failure)
    return confirmed


def _point(alias: Alias, hash: str, *, storage: RokkaStorage) -> None:
    """Move the alias at rokka; refuse to take over one that somebody else has set."""
    aliases = storage.client.aliases
    try:
        aliases.create(alias.name, hash, overwrite=bool(alias.confirmed_hash), deadline=_DEADLINE)
    except Conflict as error:
        current = aliases.get(alias.name, deadline=_DEADLINE).hash
        if current != hash:
            raise Conflict(
                f"The alias {alias.name!r} points at {current} and was not made by this project,"
                f" so it was not moved to {hash}. Delete it at rokka, or use another name.",
                status=error.status,
                method=error.method,
                path=error.path,
                detail=error.detail,
            ) from error


def _invalidate(alias: Alias, storage: RokkaStorage) -> RokkaError | None:
    """Ask the CDN to forget the previous picture; rokka allows that ten times an hour."""
    try:
        storage.client.aliases.invalidate_cache(alias.name, deadline=_DEADLINE)
    except RokkaError as error:
        return error
    return None


def _note(alias: Alias, *, using: str, error: RokkaError | None) -> None:
    alias.attempts = 0 if alias.is_confirmed else alias.attempts + 1
    alias.last_error = str(error or "")
    # Not the target: another save may have claimed the alias for its image meanwhile.
    alias.save(using=using, update_fields=("confirmed_hash", "attempts", "last_error", "changed"))
    if error is None:
        return
    if alias.is_confirmed:
        logger.warning("The CDN may keep the previous picture of %r: %s", alias.name, error)
    else:
        logger.error("The alias %r was not moved: %s", alias.name, error)


def _get_field(alias: Alias) -> RokkaImage:
    model: type[Model] = apps.get_model(alias.model)
    fields = get_image_fields(model)
    return next(field for field in fields if field.name == alias.field)


def _read(text: str | None) -> ImageReference | None:
    try:
        return ImageReference.parse(text or "")
    except InvalidReference:
        return None
