"""Names of one's own: pointed at an image, deleted, and taken over, by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import IntegrityError, connections, router, transaction
from django.utils import timezone

from django_rokka.aliases.applying import apply_and_drain, apply_at_once, get_databases
from django_rokka.aliases.moves import Applied
from django_rokka.aliases.owners import describe, has_living_owner
from django_rokka.aliases.waiting import DEADLINE
from django_rokka.exceptions import (
    AliasTaken,
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ReadOnly,
    UnknownAlias,
)
from django_rokka.models import Alias
from django_rokka.render import check_alias_name, check_hash
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["adopt", "delete", "find", "point"]

_FINAL = (AuthenticationFailed, Conflict, InvalidRequest, NotFound, PermissionDenied)
"""Refusals that another try does not end."""


def point(
    name: str, hash: str, *, storage: RokkaStorage | None = None, overwrite: bool = False
) -> Alias:
    """Point a name of one's own, which no row has, at an image: now, or after the commit.

    It is moved as those of rows are: what fails for now (an outage, too many calls) is noted in
    the ``Alias`` that is returned, and done by the next ``apply``; the caches of an alias that
    pointed elsewhere are cleared within the budget. A refusal is raised and leaves everything as
    it was: ``InvalidAliasName``, ``InvalidName`` for the hash, ``ReadOnly``, ``AliasTaken`` for
    the name of a row or of another environment, ``AliasExists`` when rokka has it and this site
    did not set it, unless ``overwrite``; ``NotFound`` for the image, ``InvalidRequest``,
    ``PermissionDenied`` and ``AuthenticationFailed``. Inside of a transaction those of rokka
    stand in the row and in the log. GET and PUT /sourceimages/{org}/alias/{alias}.
    """
    storage = storage or get_rokka_storage()
    check_alias_name(name)
    check_hash(hash)
    _check_writable(storage, name)
    wanted = {
        "target_hash": hash,
        "due_at": timezone.now(),
        "overwrite": overwrite,
        "attempts": 0,
        "last_error": "",
    }
    alias = find(name, storage=storage)
    if alias is None:
        alias = _create(storage, name, **wanted)
        new = Alias.objects.using(alias._state.db).filter(pk=alias.pk, target_hash=hash)
        return _act(alias, storage, undo=new.delete) or alias
    _check_free(alias, storage)
    if alias.is_owned:
        # Its row is gone, and so is the claim.
        wanted |= {"model": "", "field": "", "object_pk": name}
    return _act(alias, storage, undo=_change(alias, **wanted)) or alias


def delete(name: str, *, storage: RokkaStorage | None = None) -> Alias | None:
    """Delete a name at rokka, and have its caches cleared: now, or after the commit.

    Return ``None`` when that is done, and the ``Alias`` where the next ``apply`` does it. Raise
    ``InvalidAliasName``, ``UnknownAlias`` for a name that this site has not, ``AliasTaken`` for
    that of a row or of another environment, ``ReadOnly``, ``PermissionDenied``,
    ``AuthenticationFailed``.
    DELETE /sourceimages/{org}/alias/{alias}.
    """
    storage = storage or get_rokka_storage()
    check_alias_name(name)
    _check_writable(storage, name)
    alias = find(name, storage=storage)
    if alias is None:
        raise UnknownAlias(
            f"This site has no alias {name!r}. If rokka has it, take it over first: rokka_alias"
            f" adopt {name}."
        )
    _check_free(alias, storage)
    undo = _change(alias, target_hash="", due_at=timezone.now(), attempts=0, last_error="")
    return _act(alias, storage, undo=undo)


def adopt(name: str, *, storage: RokkaStorage | None = None) -> Alias:
    """Take over a name: one that rokka has, or one of another environment.

    From now on this site moves it. Where a row claims it, the name waits to be applied to the
    image of that; else it goes on pointing where it does. Raise ``InvalidAliasName``,
    ``ReadOnly``, ``NotFound`` when rokka has no such name and no row claims it, and other errors
    of rokka as they are.
    GET /sourceimages/{org}/alias/{alias}.
    """
    storage = storage or get_rokka_storage()
    check_alias_name(name)
    _check_writable(storage, name)
    config = storage.config
    alias = find(name, storage=storage)
    try:
        found = storage.client.aliases.get(name, deadline=DEADLINE).hash
    except NotFound:
        if alias is None or not alias.is_owned:
            raise
        found = ""
    state: dict[str, Any] = {
        "environment": config.environment,
        "confirmed_hash": found,
        "asked_hash": "",
        "attempts": 0,
        "last_error": "",
    }
    if alias is None:
        return _create(storage, name, target_hash=found, **state)
    if not alias.is_owned:
        state |= {"target_hash": found, "due_at": None}
    elif alias.target_hash != found:
        state |= {"due_at": timezone.now()}
    _change(alias, **state)
    return alias


def find(name: str, *, storage: RokkaStorage) -> Alias | None:
    """Return what this site knows of a name, in whatever database; ``None`` for nothing."""
    organization = storage.config.organization
    for using in get_databases():
        rows = Alias.objects.using(using).filter(organization=organization, name=name)
        alias: Alias | None = rows.first()
        if alias is not None:
            return alias
    return None


def _create(storage: RokkaStorage, name: str, **values: Any) -> Alias:
    """Note a name of nobody's."""
    rows = Alias.objects.using(router.db_for_write(Alias))
    config = storage.config
    new = {"organization": config.organization, "environment": config.environment}
    try:
        with transaction.atomic(using=rows.db):
            alias: Alias = rows.create(name=name, object_pk=name, **{**new, **values})
    except IntegrityError as error:
        raise AliasTaken(
            f"The alias {name!r} has just been made by another process. Try again."
        ) from error
    return alias


def _change(alias: Alias, **values: Any) -> Callable[[], object]:
    """Write into the row; return what puts back what was there, if nobody has written since."""
    noted = {*values, "asked_hash", "attempts", "last_error", "due_at", "overwrite"}
    before = {name: getattr(alias, name) for name in noted}
    for name, value in values.items():
        setattr(alias, name, value)
    alias.save(update_fields=(*values, "changed"))
    rows = Alias.objects.using(alias._state.db).filter(pk=alias.pk, target_hash=alias.target_hash)
    return partial(rows.update, **before)


def _act(alias: Alias, storage: RokkaStorage, *, undo: Callable[[], object]) -> Alias | None:
    """Apply an alias that has been noted, and return it as it is then, ``None`` for a deleted one.

    Put it back as it was and raise where rokka refuses for good. Who commits by hand leaves it to
    the next ``apply``.
    """
    using = str(alias._state.db)
    connection = connections[using]
    if connection.in_atomic_block:
        later = partial(apply_at_once, alias.pk, using=using, storage=storage)
        transaction.on_commit(later, using=using, robust=True)
        return alias
    if not connection.get_autocommit():
        return alias
    applied: Applied | None = apply_and_drain(alias.pk, using=using, storage=storage)
    if applied is not None and isinstance(applied.failure, _FINAL):
        undo()
        raise applied.failure
    fresh: Alias | None = Alias.objects.using(using).filter(pk=alias.pk).first()
    return fresh


def _check_writable(storage: RokkaStorage, name: str) -> None:
    config = storage.config
    if config.read_only:
        raise ReadOnly(
            f"The alias {name!r} is one of the organization {config.organization!r}, which is only"
            " to be read from here. Turn off the option read_only of the storage, or"
            " ROKKA_READ_ONLY."
        )


def _check_free(alias: Alias, storage: RokkaStorage) -> None:
    """Raise ``AliasTaken`` for a name that a row has, or another environment."""
    environment = storage.config.environment
    if alias.environment != environment:
        raise AliasTaken(
            f"The alias {alias.name!r} belongs to the environment {alias.environment!r}, not to"
            f" {environment!r}. Take it over first: rokka_alias adopt {alias.name}."
        )
    if has_living_owner(alias, using=str(alias._state.db)):
        raise AliasTaken(
            f"The alias {alias.name!r} is that {describe(alias)}. Change the image of that row, or"
            " delete the row."
        )
