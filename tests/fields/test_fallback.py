"""Values that another storage still keeps: they work as they did, and change nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, Settings

from django_rokka.exceptions import InvalidReference
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Brand, Contract, Cover, Photo

pytestmark = pytest.mark.django_db(transaction=True)

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
NAMES = ("2019/lake.jpg", f"{HASH}.jpg", HASH, f"{HASH}/lake.jpg")


@pytest.fixture
def media(tmp_path: Path, settings: Settings, configure: Callable[..., RokkaStorage]) -> Path:
    """The folder that a project had before."""
    folder = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "old": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder, "base_url": "/media/"},
        },
    }
    configure(fallback="old")
    for name in NAMES[:2]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"old")
    return folder


@pytest.fixture(autouse=True)
def no_words(caplog: pytest.LogCaptureFixture) -> Any:
    """Nothing is wrong with such a name, so nothing is said of it."""
    with caplog.at_level(logging.INFO, "django_rokka"):
        yield
    assert caplog.text == ""


@pytest.mark.usefixtures("media", "debug")
@pytest.mark.parametrize("name", NAMES)
def test_value__has_the_url_of_the_fallback_and_tells_nothing_else(name: str) -> None:
    image = Photo(image=name).image
    with assert_no_rokka_calls():
        assert image.url == image.url_for("thumb", format="webp") == f"/media/{name}"
        assert image.srcset("thumb", widths=[100, 200]) == ""
        assert (image.hash, image.alias, image.format, image.is_protected) == ("", "", "", False)
        assert image.get_link() is None
        with pytest.raises(InvalidReference, match=r"is kept by the storage's fallback.* Upload"):
            image.reference  # noqa: B018  # reading is the test


@pytest.mark.usefixtures("media", "debug")
def test_size__is_that_of_the_columns_without_opening_the_file() -> None:
    known = Photo(image="nowhere.jpg", image_width=1600, image_height=900).image
    assert (known.width, known.height) == (1600, 900)
    assert Photo(image="nowhere.jpg").image.width is None
    assert Cover(image="nowhere.jpg").image.height is None


@pytest.mark.usefixtures("media")
@pytest.mark.parametrize("name", NAMES)
def test_saving__the_row_uploads_and_changes_nothing(
    mirror: Mirror, name: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Photo.objects.bulk_create([Photo(image=name, image_width=1600, image_height=900)])
    Photo.objects.update(image_width=1600, image_height=900)
    before = Photo.objects.values().get()
    photo = Photo.objects.get()
    with assert_no_rokka_calls(), django_assert_num_queries(1):
        photo.save()
    with assert_no_rokka_calls():
        photo.image = photo.image.name
        photo.full_clean()
        photo.save()
    assert Photo.objects.values().get() == before
    assert mirror.known == set()


@pytest.mark.usefixtures("media")
def test_aliases_and_protection__leave_old_names_alone(mirror: Mirror) -> None:
    with assert_no_rokka_calls():
        brand = Brand.objects.create(name="Acme", logo=NAMES[1])
        contract = Contract.objects.create(scan=NAMES[1])
        contract.full_clean()
    assert brand.logo.alias == ""
    assert Contract.objects.get().scan.url == f"/media/{NAMES[1]}"


@pytest.mark.usefixtures("media")
def test_open__reads_the_file_of_the_fallback() -> None:
    with assert_no_rokka_calls(), Photo(image=NAMES[0]).image.open() as file:
        assert file.read() == b"old"


def test_delete__deletes_the_file_of_the_fallback(media: Path, mirror: Mirror) -> None:
    photo = Photo.objects.create(image=NAMES[0])
    photo.image.delete()
    assert not (media / NAMES[0]).exists()
    assert not Photo.objects.get().image


@pytest.mark.usefixtures("mirror")
def test_delete__that_is_rolled_back_deletes_no_file(media: Path) -> None:
    photo = Photo.objects.create(image=NAMES[0])
    with transaction.atomic():
        photo.image.delete()
        assert (media / NAMES[0]).exists()
        transaction.set_rollback(True)
    assert Photo.objects.get().image.name == NAMES[0]
    assert (media / NAMES[0]).exists()


@pytest.mark.usefixtures("mirror")
def test_delete__leaves_a_file_that_other_rows_name_to_the_last_of_them(media: Path) -> None:
    first, second = (Photo.objects.create(image=NAMES[0]) for _ in range(2))
    first.image.delete()
    assert (media / NAMES[0]).exists()
    second.image.delete()
    assert not (media / NAMES[0]).exists()


@pytest.mark.usefixtures("mirror")
def test_delete__of_a_file_that_a_row_takes_before_the_commit_leaves_it(media: Path) -> None:
    photo = Photo.objects.create(image=NAMES[0])
    with transaction.atomic():
        photo.image.delete()
        Photo.objects.create(image=NAMES[0])
    assert (media / NAMES[0]).exists()


@pytest.mark.usefixtures("mirror")
def test_delete__without_a_save_waits_for_the_row_in_the_transaction(media: Path) -> None:
    photo = Photo.objects.create(image=NAMES[0])
    with transaction.atomic():
        photo.image.delete(save=False)
        photo.save()
    assert not (media / NAMES[0]).exists()


@pytest.mark.usefixtures("mirror")
def test_delete__without_a_save_of_a_row_that_is_gone_deletes_its_file(media: Path) -> None:
    photo = Photo.objects.create(image=NAMES[0])
    Photo.objects.all().delete()
    photo.image.delete(save=False)
    assert not (media / NAMES[0]).exists()


@pytest.mark.usefixtures("mirror")
def test_delete__in_a_storage_that_fails_empties_the_column(
    media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photo = Photo.objects.create(image=NAMES[0])
    (media / NAMES[0]).unlink()
    (media / NAMES[0]).mkdir()
    (media / NAMES[0] / "in-the-way").touch()
    photo.image.delete()
    assert not Photo.objects.get().image
    (record,) = caplog.records
    assert record.name == "django.db.backends.base"
    caplog.clear()


@pytest.mark.usefixtures("mirror")
def test_delete__in_a_transaction_by_hand_leaves_the_file_and_says_so(
    media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photo = Photo.objects.create(image=NAMES[0])
    transaction.set_autocommit(False)
    try:
        photo.image.delete()
        transaction.rollback()
    finally:
        transaction.set_autocommit(True)
    assert Photo.objects.get().image.name == NAMES[0]
    assert (media / NAMES[0]).exists()
    assert f"The file {NAMES[0]!r} of testapp.Photo.image was not deleted" in caplog.text
    caplog.clear()


def test_delete__of_a_file_that_waits_deletes_no_other_of_its_name(media: Path) -> None:
    Photo(image=ContentFile(b"new", NAMES[0])).image.delete(save=False)
    assert (media / NAMES[0]).exists()


def test_replacing__an_old_file_keeps_the_new_image_and_the_old_file(
    media: Path, mirror: Mirror
) -> None:
    photo = Photo.objects.create(image=NAMES[1])
    photo.image = a_file()
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, set())
    assert (media / NAMES[1]).exists()


def test_names_of_rokka__need_no_storage(settings: Settings) -> None:
    settings.STORAGES = {}
    image = Photo(image=f"{HASH}/1600x900/lake.png").image
    assert (image.hash, image.width, image.find_fallback()) == (HASH, 1600, None)
