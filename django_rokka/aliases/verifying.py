"""Asking rokka whether aliases point where they shall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils import timezone

from django_rokka.aliases.applying import get_databases
from django_rokka.aliases.reports import Verification
from django_rokka.aliases.waiting import DEADLINE
from django_rokka.exceptions import (
    NotFound,
    OrganizationNotFound,
    ReadOnly,
    RokkaError,
    UnknownAlias,
)
from django_rokka.models import Alias, AliasQuerySet
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["verify"]

_ROUNDS = 3
"""Times that rokka is asked for an alias that others move meanwhile."""


def verify(
    *,
    storage: RokkaStorage | None = None,
    names: Iterable[str] | None = None,
    repair: bool = False,
) -> Iterator[Verification]:
    """Yield for each alias what rokka says of it, asked when it is its turn.

    Without ``storage`` it is the only rokka storage; aliases of another environment are left out.
    With ``repair`` those that somebody else has moved or deleted become due, and ``apply`` puts
    them right. What rokka does not answer is yielded, not raised. Raise ``UnknownAlias`` for names
    that this environment does not have, ``ReadOnly`` for a repair where the storage is
    ``read_only``; then nothing has been asked. GET /sourceimages/{org}/alias/{alias}.
    """
    storage = storage or get_rokka_storage()
    if repair and storage.config.read_only:
        raise ReadOnly(
            "Repairing aliases would change the organization"
            f" {storage.config.organization!r}, which is only to be read from here. Turn off the"
            " option read_only of the storage, or ROKKA_READ_ONLY."
        )
    wanted = None if names is None else list(names)
    # Keys alone: each alias is read when it is asked for, since that may be long after.
    keys = {using: _find(storage, using, wanted) for using in get_databases()}
    known = {name for found in keys.values() for name in found.values()}
    unknown = [name for name in wanted or () if name not in known]
    if unknown:
        raise UnknownAlias(
            f"This site has no alias {', '.join(map(repr, unknown))} in the organization"
            f" {storage.config.organization!r}, so nobody can say where it shall point. Take it"
            " over with rokka_alias adopt if it is at rokka, or of another environment."
        )
    return (
        verification
        for using, found in keys.items()
        for alias_pk in found
        if (verification := _verify_one(storage, using, alias_pk, repair=repair)) is not None
    )


def _get_rows(storage: RokkaStorage, using: str) -> AliasQuerySet:
    rows: AliasQuerySet = Alias.objects.using(using).of(storage)
    return rows


def _find(storage: RokkaStorage, using: str, names: list[str] | None) -> dict[int, str]:
    """Return the names of the aliases, by their keys."""
    rows = _get_rows(storage, using)
    if names is not None:
        rows = rows.filter(name__in=names)
    return dict(rows.order_by("pk").values_list("pk", "name"))


def _verify_one(
    storage: RokkaStorage, using: str, alias_pk: int, *, repair: bool
) -> Verification | None:
    """Compare one alias; ``None`` where it has been deleted meanwhile."""
    rows = _get_rows(storage, using)
    verification: Verification | None = None
    for _ in range(_ROUNDS):
        alias = rows.filter(pk=alias_pk).first()
        if alias is None:
            return None
        try:
            found = _fetch_hash(storage, alias.name)
        except RokkaError as error:
            return _say(alias, "unknown", error=str(error))
        verification = _judge(alias, found)
        if not verification.is_wrong:
            return verification
        # Unless another process has moved it between the two looks.
        same = rows.filter(
            pk=alias_pk,
            generation=alias.generation,
            target_hash=alias.target_hash,
            due_at=None,
        )
        if _mark_due(same, found) if repair else same.exists():
            return verification
    return verification and _say(alias, "pending", found=verification.found)


def _fetch_hash(storage: RokkaStorage, name: str) -> str:
    """Return what an alias points at, empty where there is none."""
    try:
        return storage.client.aliases.get(name, deadline=DEADLINE).hash
    except OrganizationNotFound:
        raise
    except NotFound:
        return ""


def _judge(alias: Alias, found: str) -> Verification:
    if alias.state != "in_step":
        return _say(alias, "pending", found=found)
    state = "in_step" if found == alias.target_hash else "drifted" if found else "gone"
    return _say(alias, state, found=found)


def _say(alias: Alias, state: str, *, found: str = "", error: str = "") -> Verification:
    return Verification(
        name=alias.name, state=state, expected=alias.target_hash, found=found, error=error
    )


def _mark_due(same: AliasQuerySet, found: str) -> bool:
    """Let an alias be applied, from where rokka has it: so that it may be taken over again."""
    now = timezone.now()
    return bool(
        same.update(confirmed_hash=found, due_at=now, attempts=0, last_error="", changed=now)
    )
