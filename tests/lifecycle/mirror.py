"""The mirror as tests look at it."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile

from django_rokka.models import SourceImage

from tests import pictures


def a_file(colour: str = "tomato", name: str = "lake.png") -> ContentFile[bytes]:
    """Return a file; each colour is an image of its own."""
    return ContentFile(pictures.png(colour=colour), name)


class Mirror:
    """Which images rows refer to, and which they have let go of."""

    @property
    def kept(self) -> set[str]:
        """The hashes that a row was seen to refer to, or that were uploaded for one."""
        rows = SourceImage.objects.filter(released_at=None, scanned_at__isnull=False)
        return set(rows.values_list("hash", flat=True))

    @property
    def released(self) -> set[str]:
        """The hashes that a row has let go of."""
        return set(SourceImage.objects.released().values_list("hash", flat=True))

    @property
    def known(self) -> set[str]:
        """All hashes."""
        return set(SourceImage.objects.values_list("hash", flat=True))


def list_requests(calls: Any) -> list[tuple[str, str]]:
    """Return methods and paths, with the hash of an image as ``*``."""
    return [
        (call.method, "/".join("*" if len(part) == 40 else part for part in call.path.split("/")))
        for call in calls
    ]
