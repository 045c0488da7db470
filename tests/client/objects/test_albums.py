"""Images of an album, read from JSON."""

from __future__ import annotations

import pytest

from django_rokka.client import AlbumImage

from tests.client.samples import HASH


def test_album_image__reads_its_members() -> None:
    data = {"hash": HASH, "name": "a.jpg", "mimetype": "image/jpeg", "format": "jpg", "width": 640}

    image = AlbumImage.from_json(data)

    assert image == AlbumImage(hash=HASH, name="a.jpg", mimetype="image/jpeg", format="jpg")
    assert image.raw == data


def test_album_image__is_a_hash_at_least() -> None:
    assert AlbumImage.from_json({"hash": HASH, "name": None}) == AlbumImage(hash=HASH)
    with pytest.raises(LookupError):
        AlbumImage.from_json({"name": "a.jpg"})
