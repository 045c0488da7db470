"""What a file knows of its upload, so that the same bytes are not sent again."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage

from django_rokka.render import ImageReference
from django_rokka.storage.configured import ConfiguredStorage

__all__ = ["Upload", "get_upload", "mark_uploaded"]

_UPLOAD = "_rokka_upload"


class Upload(NamedTuple):
    """Where a file went and what became of it; no storage, whose key a pickled file would hold."""

    reference: ImageReference
    api_host: str
    organization: str
    is_protected: bool

    def is_in(self, storage: Storage) -> bool:
        """Say whether a storage has the image."""
        if not isinstance(storage, ConfiguredStorage):
            return False
        try:
            config = storage.config
        except ImproperlyConfigured:
            return False
        return (config.api_host, config.organization) == (self.api_host, self.organization)


def mark_uploaded(
    file: Any, reference: ImageReference, storage: ConfiguredStorage, *, is_protected: bool
) -> None:
    """Note on a file that a storage has its image."""
    config = storage.config
    upload = Upload(reference, config.api_host, config.organization, is_protected)
    setattr(file, _UPLOAD, upload)


def get_upload(file: Any) -> Upload | None:
    """Return what is noted on a file, ``None`` where it was not uploaded."""
    upload: Upload | None = getattr(file, _UPLOAD, None)
    return upload
