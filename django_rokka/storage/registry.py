"""The rokka storages of a project, found by their alias in ``STORAGES``."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, storages
from django.core.signals import setting_changed
from django.dispatch import receiver

from django_rokka.conf import get_declared_storages
from django_rokka.storage.backend import RokkaStorage
from django_rokka.storage.configured import is_rokka_backend

__all__ = ["get_rokka_storage", "iter_rokka_storages", "require_rokka_storage"]


def get_rokka_storage(alias: str | None = None) -> RokkaStorage:
    """Return the storage of this alias, or the only rokka storage there is.

    Raise ``ImproperlyConfigured`` when there is none, or several and no alias.
    """
    aliases = _get_aliases()
    if alias is not None and alias not in aliases:
        raise ImproperlyConfigured(
            f"{alias!r} is no rokka storage. Use one of: {', '.join(aliases) or '(none)'}."
        )
    if alias is None and len(aliases) != 1:
        raise ImproperlyConfigured(
            f"There are several rokka storages: {', '.join(aliases)}. Name the one to use."
            if aliases
            else "STORAGES has no rokka storage. Add one with the BACKEND"
            " 'django_rokka.storage.RokkaStorage'."
        )
    return cast(RokkaStorage, storages[alias or aliases[0]])


def iter_rokka_storages() -> Iterator[tuple[str, RokkaStorage]]:
    """Yield alias and storage of every rokka storage in ``STORAGES``."""
    for alias in _get_aliases():
        yield alias, get_rokka_storage(alias)


def require_rokka_storage(storage: Storage, *, keeps: str) -> RokkaStorage:
    """Return a storage that is one of rokka's; raise ``ImproperlyConfigured`` for another.

    ``keeps`` names what is kept there, for the message.
    """
    if isinstance(storage, RokkaStorage):
        return storage
    # The class by its attribute: the default storage is a lazy object.
    raise ImproperlyConfigured(
        f"{keeps} is kept by {storage.__class__.__name__}, which is no rokka storage. Add one to"
        " STORAGES, or name it with RokkaImage(storage='alias')."
    )


@functools.cache
def _get_aliases() -> tuple[str, ...]:
    declared = get_declared_storages()
    return tuple(alias for alias, its in declared.items() if is_rokka_backend(its.get("BACKEND")))


@receiver(setting_changed)
def _forget_aliases(*, setting: str, **kwargs: Any) -> None:
    if setting == "STORAGES":
        _get_aliases.cache_clear()
