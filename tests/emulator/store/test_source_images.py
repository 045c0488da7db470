from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from django_rokka.emulator.store import Database, SourceImages, StoredImage, image_hash


@pytest.fixture
def images(tmp_path: Path) -> Iterator[SourceImages]:
    database = Database(tmp_path / "rokka.sqlite3")
    yield SourceImages(database)
    database.close()


def image(digest: str, organization: str = "demo") -> StoredImage:
    return StoredImage(
        organization=organization,
        hash=digest,
        binary_hash="0" * 40,
        created="2026-03-01T12:00:00+00:00",
        name="a.png",
        mimetype="image/png",
        format="png",
        size=1,
        width=1,
        height=1,
        opaque=True,
        animated=False,
        protected=False,
        user_metadata={},
        dynamic_metadata={},
    )


@pytest.mark.parametrize(
    ("binary_hash", "expected"),
    [
        (
            "498fed612f01199cd6702f5effe5fa7bb67e44f4",
            "063c3dce6a528d8944a63185bd4c7b161454ee4f",
        ),
        (
            "b1c5e43ddb26379491722e928f5bb50d6cd121eb",
            "07c68ab9e6718b8f23f5e797b3517f22def4219c",
        ),
    ],
)
def test_image_hash__is_rokkas_in_the_plain_case(binary_hash: str, expected: str) -> None:
    assert image_hash(binary_hash, dynamic_metadata={}) == expected


def test_short_hash__grows_until_it_is_unique(images: SourceImages) -> None:
    hashes = [f"abcdef{digit}{'0' * 33}" for digit in "12"]
    assert [images.add(image(digest)).short_hash for digest in hashes] == ["abcdef", "abcdef2"]
    assert images.add(image(hashes[1], organization="acme")).short_hash == "abcdef"


def test_find__prefers_the_short_hash_and_refuses_what_is_ambiguous(images: SourceImages) -> None:
    hashes = [f"abcdef{digits}{'0' * 32}" for digits in ("11", "12", "13")]
    for digest in hashes:
        images.add(image(digest))
    found = [images.find("demo", prefix) for prefix in ("abcdef", "abcdef13", "abcdef1", "abcde")]
    assert [item and item.hash for item in found] == [hashes[0], hashes[2], None, None]


def test_copy__onto_itself_undoes_nothing(images: SourceImages) -> None:
    old = images.add(image("a" * 40))
    images.change_user_metadata("demo", old.hash, lambda _: {"foo": "later"})
    copies = [images.copy(old, "demo", overwrite=overwrite) for overwrite in (True, False)]
    found = images.find("demo", old.hash)
    assert copies == [False, None]
    assert found is not None
    assert found.user_metadata == {"foo": "later"}
