"""Wishes: written down, and sent by whoever drains."""

from __future__ import annotations

from django.utils import timezone

from django_rokka.conf import INVALIDATIONS_PER_HOUR
from django_rokka.exceptions import InvalidName, ReadOnly
from django_rokka.invalidation.budgets import get_database
from django_rokka.models import CacheInvalidation
from django_rokka.render import check_alias_name, check_hash, check_stack_name
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["check_key", "request"]

_CHECKS = {"alias": check_alias_name, "image": check_hash, "stack": check_stack_name}
_LONGEST_KEY = 255


def request(kind: str, key: str, *, storage: RokkaStorage | None = None) -> CacheInvalidation:
    """Wish that the CDN forgets an ``"alias"``, an ``"image"`` or a ``"stack"``; nothing is sent.

    The wish is written in the caller's transaction, and gone when that is rolled back; ``drain``
    sends it after the commit. All wishes for a key that are open at that moment are one call, at
    the place of the first in the queue; one that comes later is sent again. Raise ``ValueError``
    for another kind, ``InvalidName`` for a key that cannot be one, ``ReadOnly`` where the storage
    is ``read_only``.
    """
    storage = storage or get_rokka_storage()
    check_key(kind, key)
    config = storage.config
    if config.read_only:
        raise ReadOnly(
            f"Clearing the cache of the {kind} {key!r} would change the organization"
            f" {config.organization!r}, which is only to be read from here. Turn off the option"
            " read_only of the storage, or ROKKA_READ_ONLY."
        )
    wishes = CacheInvalidation.objects.using(get_database())
    wish: CacheInvalidation = wishes.create(
        organization=config.organization,
        environment=config.environment,
        kind=kind,
        key=key,
        requested_at=timezone.now(),
    )
    return wish


def check_key(kind: str, key: str) -> None:
    """Raise ``InvalidName`` for a name or hash that cannot be one, ``ValueError`` for the kind."""
    if kind not in INVALIDATIONS_PER_HOUR:
        kinds = ", ".join(INVALIDATIONS_PER_HOUR)
        raise ValueError(f"Unknown kind {kind!r} of invalidation, must be one of: {kinds}.")
    _CHECKS[kind](key)
    if len(key) > _LONGEST_KEY:
        raise InvalidName(
            f"{key[:200]!r}... has {len(key)} characters. Use a name of {_LONGEST_KEY} at most."
        )
