"""Aliases that follow their rows: claimed inside of the transaction, moved after it."""

from __future__ import annotations

import logging

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import router
from django.db.models import Model, QuerySet

from django_rokka.columns import get_image_fields
from django_rokka.exceptions import AliasExists, RokkaError
from django_rokka.fields import RokkaImage
from django_rokka.fields.stored import read_reference
from django_rokka.models import Alias
from django_rokka.render import ImageReference
from django_rokka.render.reference import MAX_LENGTH
from django_rokka.storage import RokkaStorage

__all__ = ["apply", "claim", "note_set"]

_ROUNDS = 3
"""Tries to catch up with a column that others change meanwhile."""

_DEADLINE = 10
"""Seconds that each call may take: it holds up the request that saved the row."""

logger = logging.getLogger("django_rokka.aliases")


def claim(instance: Model, field: RokkaImage, *, using: str) -> Alias | None:
    """Note that a row's alias has to point at the image the row holds now.

    Return the note to ``apply`` once the transaction has been committed, ``None`` when there is
    nothing to move. The name of a row's alias is fixed by its first claim: links exist. No
    request.
    """
    reference = _read(getattr(instance, field.attname).name, field=field)
    if reference is None or not field.alias:
        return None
    try:
        name = field.get_alias_name(instance)
        organization = field.rokka_storage.config.organization
    except (ImproperlyConfigured, ValidationError) as error:
        logger.error("The alias of %s %s was not moved: %s", field, instance.pk, error)
        return None
    owner = {"organization": organization, **_get_owner(instance, field)}
    rows = Alias.objects.using(using)
    alias = rows.filter(**owner).first() or _take(rows, name, owner=owner)
    if alias is None or (alias.confirmed_hash == reference.hash and reference.alias == alias.name):
        return None
    alias.target_hash = reference.hash
    alias.save(using=using, update_fields=("target_hash", *owner, "changed"))
    return alias


def apply(alias_pk: int, *, using: str) -> ImageReference | None:
    """Point an alias at the image its row holds, and note that in the row's column.

    Return the reference with its alias, or ``None`` when rokka did not follow: what happened
    stands in the ``Alias`` and in the log, and the row renders by hash meanwhile.
    PUT /sourceimages/{org}/alias/{alias}.
    """
    for _ in range(_ROUNDS):
        alias = Alias.objects.using(using).get(pk=alias_pk)
        field = _get_field(alias)
        column = field.model._base_manager.using(using).filter(pk=alias.object_pk)
        text = column.values_list(field.attname, flat=True).first()
        reference = _read(text, field=field)
        if reference is None:
            return None
        previous = alias.confirmed_hash
        try:
            confirmed = reference._replace(alias=alias.name).fit(field.max_length or MAX_LENGTH)
            _point(alias, reference.hash, storage=field.rokka_storage, using=using)
        except RokkaError as error:
            _note(alias, using=using, error=error)
            return None
        alias.target_hash = alias.confirmed_hash = reference.hash
        has_moved = previous not in ("", reference.hash)
        failure = _invalidate(alias, field.rokka_storage) if has_moved else None
        _note(alias, using=using, error=failure)
        # Compare and set: where the column has another image by now, the alias follows it.
        if column.filter(**{field.attname: text}).update(**{field.attname: str(confirmed)}):
            return confirmed
    logger.warning("The image behind the alias %r changes too often to be followed.", alias.name)
    return None


def note_set(storage: RokkaStorage, name: str, reference: ImageReference) -> None:
    """Note that somebody has pointed a name at an image, which has to stay for it. No request.

    Such a note has no row that owns it. Where a row does, that stays the owner.
    """
    organization = storage.config.organization
    state = {"target_hash": reference.hash, "confirmed_hash": reference.hash}
    rows = Alias.objects.using(router.db_for_write(Alias))
    alias, is_new = rows.get_or_create(
        organization=organization, name=name, defaults={"object_pk": name, **state}
    )
    if is_new:
        return
    if alias.model:
        # What rokka has accepted, and not what the row wants: both images have to stay.
        state = {"confirmed_hash": reference.hash}
        logger.warning(
            "The alias %r of %s was pointed at %s by set_alias(). Its owner moves it back when it"
            " is saved next.",
            name,
            _describe(alias),
            reference.hash,
        )
    for attribute, value in state.items():
        setattr(alias, attribute, value)
    alias.save(using=rows.db, update_fields=(*state, "changed"))


def _get_owner(instance: Model, field: RokkaImage) -> dict[str, str]:
    """Name the column of a row, by the model that has it: a child may save the row too."""
    meta = field.model._meta
    key = instance.serializable_value(meta.pk.name)
    return {"model": meta.label_lower, "object_pk": str(key), "field": field.name}


def _take(rows: QuerySet[Alias], name: str, *, owner: dict[str, str]) -> Alias | None:
    """Return the claim on a name, unless another row that still exists has it."""
    if not name:
        return None
    # Two processes may save the same row at once: that makes one claim.
    key = {"organization": owner["organization"], "name": name}
    alias, is_new = rows.get_or_create(**key, defaults=owner)
    if is_new or _get_claim(alias) == _get_claim(Alias(**owner)):
        return alias
    if _has_owner(alias, using=rows.db):
        who = "{model} {object_pk}".format_map(owner)
        whose = _describe(alias)
        logger.error("%s claims the alias %r of %s. It was not moved.", who, name, whose)
        return None
    for attribute, value in owner.items():
        setattr(alias, attribute, value)
    return alias


def _get_claim(alias: Alias) -> tuple[str, str, str]:
    return alias.model, alias.object_pk, alias.field


def _describe(alias: Alias) -> str:
    return f"{alias.model} {alias.object_pk}" if alias.model else "set_alias()"


def _has_owner(alias: Alias, *, using: str) -> bool:
    if not alias.model:
        return True  # whoever has set it, and links to it
    try:
        field = _get_field(alias)
    except LookupError:
        return False
    column = field.model._base_manager.using(using).filter(pk=alias.object_pk)
    return bool(column.exists())


def _point(alias: Alias, hash: str, *, storage: RokkaStorage, using: str) -> None:
    """Move the alias at rokka; refuse to take over one that somebody else has set."""
    aliases = storage.client.aliases
    # Said before it is asked, so that a process which dies in between is no stranger to the next.
    asked = alias.asked_hash
    is_ours = bool(alias.confirmed_hash)
    if not is_ours and not asked:
        alias.asked_hash = hash
        alias.save(using=using, update_fields=("asked_hash", "changed"))
    try:
        aliases.create(alias.name, hash, overwrite=is_ours, deadline=_DEADLINE)
    except AliasExists as error:
        current = aliases.get(alias.name, deadline=_DEADLINE).hash
        if current not in (hash, asked):
            alias.asked_hash = asked
            raise AliasExists(
                f"The alias {alias.name!r} points at {current} and this project did not set it,"
                f" so it was not moved to {hash}. Delete it at rokka, or use another name.",
                status=error.status,
                method=error.method,
                path=error.path,
                detail=error.detail,
            ) from error
        aliases.create(alias.name, hash, overwrite=True, deadline=_DEADLINE)


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
    if alias.is_confirmed:
        alias.asked_hash = ""
    # Not the target: another save may have claimed the alias for its image meanwhile.
    alias.save(
        using=using,
        update_fields=("asked_hash", "confirmed_hash", "attempts", "last_error", "changed"),
    )
    if error is None:
        return
    if alias.is_confirmed:
        logger.warning("The CDN may keep the previous picture of %r: %s", alias.name, error)
    else:
        logger.error("The alias %r was not moved: %s", alias.name, error)


def _get_field(alias: Alias) -> RokkaImage:
    """Return the field of a claim; raise ``LookupError`` when the model has it no more."""
    model: type[Model] = apps.get_model(alias.model)
    for field in get_image_fields(model):
        if field.name == alias.field:
            return field
    raise LookupError(f"{alias.model} has no image field {alias.field!r}.")


def _read(text: str | None, *, field: RokkaImage) -> ImageReference | None:
    """Parse a name; ``None`` for what is no reference, or is kept by the storage's fallback."""
    return None if field.find_fallback(text) is not None else read_reference(text)
