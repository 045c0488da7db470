"""Source images of the client and those of the emulator meet in HTTP."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import pytest

from django_rokka.client import (
    CopiedImages,
    Prefix,
    Range,
    RokkaClient,
    SourceImage,
    dynamic_field,
    user_field,
)
from django_rokka.exceptions import (
    InvalidRequest,
    NotFound,
    PreconditionFailed,
)

from tests.client.conftest import API_KEY, FakeClock

pytest.importorskip("werkzeug", reason="the emulator needs its extra")

from django_rokka.emulator import Emulator, EmulatorServer


def draw(width: int) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="30"/>'.encode()


@pytest.fixture
def rokka(tmp_path_factory: pytest.TempPathFactory, clock: FakeClock) -> Iterator[RokkaClient]:
    emulator = Emulator(root=tmp_path_factory.mktemp("rokka"), organization="acme", api_key=API_KEY)
    with (
        EmulatorServer(emulator) as server,
        RokkaClient(
            organization="acme", api_key=API_KEY, api_host=server.api_host, clock=clock
        ) as client,
    ):
        yield client


@pytest.fixture
def image(rokka: RokkaClient) -> SourceImage:
    return rokka.source_images.create(draw(40), name="lake.svg")


def test_create__gives_all_that_it_was_told(rokka: RokkaClient) -> None:
    image = rokka.source_images.create(
        draw(40),
        name="lake.svg",
        user_metadata={
            "text:alt": "Zürich",
            "date:taken": datetime(2020, 1, 1, tzinfo=timezone.utc),
        },
        dynamic_metadata={"version": {"text": "2"}},
        is_protected=True,
        is_locked=True,
    )

    assert (image.name, image.is_protected, image.is_locked) == ("lake.svg", True, True)
    assert image.user_metadata == {"text:alt": "Zürich", "date:taken": "2020-01-01T00:00:00Z"}
    assert image.dynamic_metadata == {"version": {"text": "2"}}


def test_create_many__uploads_all(rokka: RokkaClient) -> None:
    files = (draw(width) for width in range(1, 31))

    created = list(rokka.source_images.create_many(files, threads=4))

    assert [one.image.width for one in created if one.image] == [*range(1, 31)]
    assert rokka.source_images.count() == 30
    assert len({image.hash for image in rokka.source_images.iter(page_size=7)}) == 30


def test_search__finds_what_it_describes(rokka: RokkaClient) -> None:
    for number in range(1, 6):
        rokka.source_images.create(
            draw(number * 100),
            name=f"{'plan' if number % 2 else 'lake'}-{number}.svg",
            user_metadata={"int:id": number, "array:labels": ["odd" if number % 2 else "even"]},
            dynamic_metadata={"version": {"text": str(number)}},
        )

    def find(**conditions: Any) -> list[int]:
        images = rokka.source_images.iter(sort="width", **conditions)
        return [(image.width or 0) // 100 for image in images]

    now = datetime.now(timezone.utc)
    assert find(search={"name": Prefix("plan")}) == [1, 3, 5]
    assert find(search={"width": Range(200, 400)}) == [2, 3, 4]
    assert find(search={"width": Range(200, 400, includes_maximum=False)}) == [2, 3]
    assert find(search={"width": Range(maximum=200, includes_maximum=False)}) == [1]
    assert find(search={user_field("id", type="int"): 3}) == [3]
    assert find(search={dynamic_field("version", "text"): "4"}) == [4]
    assert find(search={"width": 100, "name": "lake-2.svg"}, operator="or") == [1, 2]
    assert find(search={"created": Range(now - timedelta(hours=1))}) == [1, 2, 3, 4, 5]
    assert find(search={"created": Range(maximum=now - timedelta(hours=1))}) == []
    page = rokka.source_images.list(sort="-width", limit=2, facets="user:array:labels")
    assert [image.width for image in page] == [500, 400]
    assert {one.value: one.count for one in page.facets["user:array:labels"]} == {
        "odd": 3,
        "even": 2,
    }
    assert rokka.source_images.count(search={"width": Range(400)}) == 2


def test_binary_hash__finds_and_deletes_all_images_of_a_file(
    rokka: RokkaClient, image: SourceImage
) -> None:
    protected = rokka.source_images.set_protected(image.hash, True)

    found = rokka.source_images.get_by_binary_hash(image.binary_hash)

    assert {one.hash for one in found} == {image.hash, protected.hash}
    assert rokka.source_images.delete_by_binary_hash(image.binary_hash) is True
    assert rokka.source_images.delete_by_binary_hash(image.binary_hash) is False
    assert rokka.source_images.get_by_binary_hash(image.binary_hash) == ()


def test_restore__takes_a_deletion_back(rokka: RokkaClient, image: SourceImage) -> None:
    rokka.source_images.delete(image.hash)

    deleted = rokka.source_images.get(image.hash, with_deleted=True)
    restored = rokka.source_images.restore(image.hash)

    assert (deleted.is_deleted, restored.is_deleted) == (True, False)
    assert rokka.source_images.get(image.hash).hash == image.hash
    with pytest.raises(NotFound):
        rokka.source_images.restore("0" * 40)


def test_dynamic_metadata__give_another_hash(rokka: RokkaClient, image: SourceImage) -> None:
    images = rokka.source_images

    focused = images.set_subject_area(image.hash, x=1, y=2)
    same = images.set_subject_area(focused.hash, x=1, y=2)
    moved = images.set_subject_area(focused.hash, x=3, y=4, delete_previous=True)
    kept = images.set_dynamic_metadata(moved.hash, "version", {"text": "2"}, keep_hash=True)
    unversioned = images.delete_dynamic_metadata(kept.hash, "version", keep_hash=True)
    plain = images.remove_subject_area(moved.hash, delete_previous=True)

    assert focused.hash != image.hash
    assert same.hash == focused.hash
    assert kept.hash == moved.hash == unversioned.hash
    assert kept.dynamic_metadata["version"] == {"text": "2"}
    assert (plain.hash, plain.dynamic_metadata) == (image.hash, {})
    for gone in (focused, moved):
        with pytest.raises(NotFound):
            images.get(gone.hash)
    with pytest.raises(NotFound):
        images.remove_subject_area(plain.hash)


def test_options__are_changed(rokka: RokkaClient, image: SourceImage) -> None:
    images = rokka.source_images

    images.rename(image.hash, 'a "lake".svg')
    protected = images.set_protected(image.hash, True, delete_previous=True)
    locked = images.set_locked(protected.hash, True)

    assert (locked.name, locked.is_protected, locked.is_locked) == ('a "lake".svg', True, True)
    assert locked.hash == protected.hash != image.hash
    with pytest.raises(NotFound):
        images.get(image.hash)


def test_user_metadata__are_changed(rokka: RokkaClient, image: SourceImage) -> None:
    metadata = rokka.source_images.metadata

    metadata.replace(image.hash, {"title": "a", "int:year": 1999})
    metadata.add(image.hash, {"title": None, "array:labels": ["x", "y"]})
    metadata.set(image.hash, "date:taken", datetime(2020, 1, 1, tzinfo=timezone.utc))
    metadata.set(image.hash, "text:alt", "42")
    metadata.delete_field(image.hash, "int:year")

    assert metadata.get_field(image.hash, "text:alt") == "42"
    assert metadata.get(image.hash) == {
        "array:labels": ["x", "y"],
        "date:taken": "2020-01-01T00:00:00Z",
        "text:alt": "42",
    }
    with pytest.raises(NotFound):
        metadata.get_field(image.hash, "title")
    metadata.delete(image.hash)
    assert metadata.get(image.hash) == {}


def test_paid_work__changes_user_metadata(rokka: RokkaClient, image: SourceImage) -> None:
    labelled = rokka.source_images.autolabel(image.hash)
    described = rokka.source_images.autodescribe(image.hash, ["en", "de"])

    assert labelled.user_metadata
    assert len(described.user_metadata) > len(labelled.user_metadata)
    rokka.source_images.invalidate_cache(image.hash)


def test_download__gives_the_originals(rokka: RokkaClient, image: SourceImage) -> None:
    rokka.source_images.create(draw(50), name="sea.svg")
    file = BytesIO()

    with rokka.source_images.download(image.hash, binary_hash=image.binary_hash) as download:
        content = b"".join(download)
    with rokka.source_images.download_list(search={"name": Prefix("lake")}) as download:
        download.write_to(file)

    assert content == draw(40)
    with zipfile.ZipFile(file) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [draw(40)]


def test_copy__leaves_the_hash(rokka: RokkaClient, image: SourceImage) -> None:
    images = rokka.source_images
    rokka.organizations.create("staging", billing_email="me@example.org", display_name="Staging")

    first = images.copy(image.hash, "staging")
    second = images.copy(image.hash, "staging")
    many = images.copy_all([image.hash, "0" * 40], "staging", overwrite=False)

    assert (first, second) == (True, False)
    assert many == CopiedImages(existing=(image.hash,), not_found=("0" * 40,))
    assert images.get(image.hash, organization="staging").hash == image.hash
    with pytest.raises(PreconditionFailed):
        images.copy(image.hash, "staging", overwrite=False)
    with pytest.raises(InvalidRequest):
        images.copy(image.hash, "nowhere")
