"""What the tests of the mirror share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from django_rokka import client
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.testing import make_image

Upload = Callable[..., client.SourceImage]


@pytest.fixture
def upload(rokka: RokkaStorage) -> Upload:
    """Upload a picture to rokka behind the back of Django: nothing is written down."""

    def upload(name: str = "lake.png", **options: object) -> client.SourceImage:
        metadata = options.pop("user_metadata", None)
        file = make_image(name, **options)  # type: ignore[arg-type]  # the picture's own
        return rokka.client.source_images.create(file, name=name, user_metadata=metadata)  # type: ignore[arg-type]  # as given

    return upload


def refer_to(*hashes: str) -> list[ImageReference]:
    """Return references as columns hold them."""
    return [ImageReference(hash=each, slug="lake", extension="png") for each in hashes]
