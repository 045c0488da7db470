"""The storage backend: files go to rokka, names are image references, URLs are only written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_rokka.deferral import defer

if TYPE_CHECKING:
    from django_rokka.storage.backend import RokkaStorage
    from django_rokka.storage.files import RokkaFile
    from django_rokka.storage.registry import (
        get_rokka_storage,
        iter_rokka_storages,
        require_rokka_storage,
    )
else:
    __getattr__, __dir__ = defer(
        __name__,
        {
            "backend": ["RokkaStorage"],
            "files": ["RokkaFile"],
            "registry": ["get_rokka_storage", "iter_rokka_storages", "require_rokka_storage"],
        },
    )

__all__ = [
    "RokkaFile",
    "RokkaStorage",
    "get_rokka_storage",
    "iter_rokka_storages",
    "require_rokka_storage",
]
