"""Settings of the project that are Django's, read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

__all__ = ["as_aware", "as_stored", "find_left_over_settings", "get_declared_storages", "is_debug"]

_LEFT_OVER = {"DEFAULT_FILE_STORAGE": "default", "STATICFILES_STORAGE": "staticfiles"}
"""Settings that Django ignores since 5.1, and the alias of STORAGES that took their place."""


def find_left_over_settings() -> Iterator[tuple[str, str]]:
    """Yield settings that Django ignores, with the alias of ``STORAGES`` that replaced each."""
    for name, alias in _LEFT_OVER.items():
        if getattr(settings, name, None):
            yield name, alias


def get_declared_storages() -> dict[str, Any]:
    """Return ``STORAGES``: BACKEND and OPTIONS of every alias."""
    declared: Mapping[str, Any] = settings.STORAGES
    return dict(declared)


def as_stored(moment: datetime) -> datetime:
    """Return a moment as Django wants it: naive and in ``TIME_ZONE`` without ``USE_TZ``."""
    if settings.USE_TZ or timezone.is_naive(moment):
        return moment
    return timezone.make_naive(moment, timezone.get_default_timezone())


def as_aware(moment: datetime) -> datetime:
    """Return a moment of the database as rokka wants it, with its time zone."""
    if timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment, timezone.get_default_timezone())


def is_debug() -> bool:
    """Say whether mistakes are to be raised where a page in production would go on."""
    return bool(settings.DEBUG)
