"""What a saved or deleted row wants of its alias, written down in the row's own transaction."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import IntegrityError, router
from django.db.models import Model, QuerySet
from django.utils import timezone

from django_rokka import invalidation
from django_rokka.aliases.owners import (
    describe,
    get_owner,
    has_living_owner,
    is_same_owner,
    parse_name,
)
from django_rokka.conf import Config
from django_rokka.fields import RokkaImage
from django_rokka.models import Alias
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

__all__ = ["claim", "note_set", "release_row"]

_LONGEST_KEY = 255

logger = logging.getLogger("django_rokka.aliases")


def claim(instance: Model, field: RokkaImage, *, using: str) -> Alias | None:
    """Note that a row's alias has to point at the image the row holds now.

    Return the alias to apply once the transaction has been committed, ``None`` when there
    is nothing to do. The name of a row's alias is fixed by its first claim: links exist. No
    request.
    """
    reference = parse_name(getattr(instance, field.attname).name, field=field)
    if reference is None or not field.alias:
        return None
    config = _read_config(instance, field)
    if config is None or config.read_only:
        return None
    alias = _find_claim(instance, field, config=config, using=using)
    if alias is None or _is_foreign(alias, config):
        return None
    if (
        alias.target_hash == reference.hash == alias.confirmed_hash
        and reference.alias == alias.name
        and alias.due_at is None
    ):
        return None
    wanted: dict[str, Any] = {"target_hash": reference.hash, **get_owner(instance, field)}
    if alias.target_hash != reference.hash:
        wanted |= {"attempts": 0, "last_error": ""}
    # If its deletion has just been done, the name is claimed anew.
    return alias if _want(alias, **wanted) else claim(instance, field, using=using)


def release_row(instance: Model, field: RokkaImage, *, using: str) -> Alias | None:
    """Note that the alias of a deleted row has to go, if its field says so; no request.

    Return the alias to apply after the commit. Else the name goes on pointing at the last
    image, which is kept for it.
    """
    if not field.alias or field.alias_on_delete != "delete":
        return None
    config = _read_config(instance, field)
    if config is None or config.read_only:
        return None
    owner = get_owner(instance, field)
    rows = Alias.objects.using(using).filter(organization=config.organization)
    alias: Alias | None = rows.filter(**owner).first()
    if alias is None or _is_foreign(alias, config):
        return None
    return alias if _want(alias, target_hash="", attempts=0, last_error="") else None


def note_set(
    storage: RokkaStorage, name: str, reference: ImageReference, *, is_overwritten: bool = False
) -> None:
    """Note that somebody has pointed a name at an image, which has to stay for it. No request.

    Such a note has no row that owns it. Where a row does, that stays the owner. What caches may
    hold of the image before is wished to be cleared.
    """
    config = storage.config
    state = {"target_hash": reference.hash, "confirmed_hash": reference.hash, "due_at": None}
    rows = Alias.objects.using(router.db_for_write(Alias))
    alias, is_new = rows.get_or_create(
        organization=config.organization,
        name=name,
        defaults={"object_pk": name, "environment": config.environment, **state},
    )
    if (is_overwritten if is_new else alias.get_previous(reference.hash)) and (
        config.invalidation_shares["alias"]
    ):
        invalidation.request("alias", name, storage=storage)
    if is_new:
        return
    if alias.environment != config.environment:
        logger.warning("The alias %r %s was pointed elsewhere here.", name, describe(alias))
        return
    if alias.is_owned:
        # What rokka has accepted, and not what the row wants: both images have to stay.
        state = {"confirmed_hash": reference.hash}
        logger.warning(
            "The alias %r %s was pointed at %s by set_alias(). Its owner moves it back when it"
            " is saved, or by the next rokka_alias apply.",
            name,
            describe(alias),
            reference.hash,
        )
    for attribute, value in state.items():
        setattr(alias, attribute, value)
    alias.save(using=rows.db, update_fields=(*state, "changed"))


def _want(alias: Alias, **values: Any) -> bool:
    """Write what a row wants of its alias, due now; ``False`` where the alias is gone."""
    now = timezone.now()
    rows = Alias.objects.using(alias._state.db).filter(pk=alias.pk)
    return bool(rows.update(due_at=now, changed=now, **values))


def _read_config(instance: Model, field: RokkaImage) -> Config | None:
    try:
        return field.rokka_storage.config
    except ImproperlyConfigured as error:
        logger.error("The alias of %s %s was not moved: %s", field, instance.pk, error)
        return None


def _find_claim(instance: Model, field: RokkaImage, *, config: Config, using: str) -> Alias | None:
    """Return the alias of a row, claimed now if it has none yet."""
    owner = get_owner(instance, field)
    if len(owner["object_pk"]) > _LONGEST_KEY:
        logger.error("%s has a key of more than %d characters.", field, _LONGEST_KEY)
        return None
    rows = Alias.objects.using(using)
    alias: Alias | None = rows.filter(organization=config.organization, **owner).first()
    if alias is not None:
        return alias
    try:
        name = field.get_alias_name(instance)
    except ValidationError as error:
        logger.error("The alias of %s %s was not moved: %s", field, instance.pk, error)
        return None
    return _take(rows, name, owner=owner, config=config) if name else None


def _take(
    rows: QuerySet[Alias], name: str, *, owner: dict[str, str], config: Config
) -> Alias | None:
    """Return the claim on a name, unless another row that still exists has it."""
    # Two processes may save the same row at once: that makes one claim.
    try:
        alias, is_new = rows.get_or_create(
            organization=config.organization,
            name=name,
            defaults={**owner, "environment": config.environment},
        )
    except IntegrityError:
        # The other one has claimed another name for the row.
        same: Alias | None = rows.filter(organization=config.organization, **owner).first()
        return same
    if is_new or is_same_owner(alias, owner):
        return alias
    is_ours = alias.environment == config.environment
    if not is_ours or not alias.is_owned or has_living_owner(alias, using=rows.db):
        who = "{model} {object_pk}".format_map(owner)
        logger.error("%s claims the alias %r %s. It was not moved.", who, name, describe(alias))
        return None
    for attribute, value in owner.items():
        setattr(alias, attribute, value)
    return alias


def _is_foreign(alias: Alias, config: Config) -> bool:
    """Say whether an alias is another environment's, as in a copy of the database."""
    if alias.environment == config.environment:
        return False
    logger.info(
        "The alias %r %s was not moved by the environment %r. Take it over with rokka_alias adopt"
        " if that is to move it from now on.",
        alias.name,
        describe(alias),
        config.environment,
    )
    return True
