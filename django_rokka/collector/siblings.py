"""All storages of a project that have one organization."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured

from django_rokka.conf import Config
from django_rokka.storage import RokkaStorage, iter_rokka_storages

__all__ = ["iter_siblings"]


def iter_siblings(storage: RokkaStorage) -> Iterator[tuple[str, Config]]:
    """Yield alias and options of every storage with the organization of this one, and its own."""
    yield "", storage.config
    for alias, sibling in iter_rokka_storages():
        try:
            config = sibling.config
        except ImproperlyConfigured:
            continue  # a storage that cannot be used, of which a system check tells
        if config.organization == storage.config.organization:
            yield alias, config
