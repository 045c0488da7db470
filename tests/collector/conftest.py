"""What the tests of the collector share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import storages

from django_rokka.emulator import EmulatorServer
from django_rokka.library import record
from django_rokka.models import SourceImage
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.testing import make_image

Upload = Callable[..., ImageReference]


@pytest.fixture
def upload(rokka: RokkaStorage, server: EmulatorServer) -> Upload:
    """Upload a picture that no row refers to, two days ago unless it ``is_young``."""

    def upload(colour: str = "red", *, is_young: bool = False) -> ImageReference:
        storage = storages["rokka"]
        assert isinstance(storage, RokkaStorage)
        clock = server.emulator.clock
        clock.advance(0 if is_young else -timedelta(days=2).total_seconds())
        try:
            file = make_image(f"{colour}.png", colour=colour)
            reference = storage.upload(f"{colour}.png", file)
        finally:
            clock.reset()
        record(storage, storage.client.source_images.get(reference.hash))
        return reference

    return upload


def is_deleted(storage: RokkaStorage, reference: ImageReference) -> bool:
    """Ask rokka itself; the mirror may not know."""
    return storage.client.source_images.get(reference.hash, with_deleted=True).is_deleted


def get_row(reference: ImageReference) -> SourceImage:
    row: SourceImage = SourceImage.objects.get(hash=reference.hash)
    return row
