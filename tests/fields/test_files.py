"""The value of an image field, mostly of rows that were never near a rokka."""

from __future__ import annotations

import copy
import logging
import pickle
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.template import Context, Template
from pytest_django import DjangoAssertNumQueries, Settings

from django_rokka.exceptions import InvalidReference
from django_rokka.fields import RokkaFieldFile
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import fetch_picture, read_candidates
from tests.testapp.models import Brand, Contract, Leaflet, Photo

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
REFERENCE = f"{HASH}/1600x900/the-lake.png"
LOGO = f"{HASH}/-_brand_7_logo_-/1600x900/acme-logo.png"
SCAN = f"{HASH}/-_contract_1_-/protected/1600x900/page.jpg"
BASE = "https://demo.rokka.io"
BROKEN = "uploads/2019/holiday.jpg"


def a_photo(image: Any = REFERENCE) -> Photo:
    return Photo(pk=1, title="The lake", image=image)


def through_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # our own


def test_attributes__come_from_the_reference() -> None:
    image = Brand(logo=LOGO).logo
    with assert_no_rokka_calls():
        assert image.hash == HASH
        assert image.alias == "brand_7_logo"
        assert (image.width, image.height) == (1600, 900)
        assert image.format == "png"
        assert not image.is_protected
        assert str(image) == str(image.reference) == LOGO


def test_attributes__of_a_reference_that_is_only_a_hash_are_empty() -> None:
    image = a_photo(HASH).image
    assert (image.hash, image.alias, image.width, image.height) == (HASH, "", None, None)


def test_attributes__of_an_empty_field_raise_as_djangos_do() -> None:
    image = Photo().image
    assert not image
    for name in ("hash", "alias", "width", "height", "format", "is_protected", "url", "reference"):
        with pytest.raises(ValueError, match="'image' attribute has no file"):
            getattr(image, name)


def test_url__is_by_hash_through_the_dynamic_stack() -> None:
    assert a_photo().image.url == f"{BASE}/dynamic/noop/o-autoformat-true/{HASH}/the-lake.png"


def test_url__uses_the_fields_default_stack_before_the_storages(
    settings: Settings,
) -> None:
    settings.ROKKA_DEFAULT_STACK = "thumb"
    assert Leaflet(page=REFERENCE).page.url == f"{BASE}/content/{HASH}/the-lake.png"
    assert a_photo().image.url == f"{BASE}/thumb/{HASH}/the-lake.png"


def test_url_for__takes_a_stack_and_the_parts_of_a_render_url() -> None:
    url = a_photo().image.url_for(
        "thumb", format="webp", filename="lake", options={"dpr": 2}, variables={"w": 400}
    )
    assert url == f"{BASE}/thumb/o-dpr-2/v-w-400/{HASH}/lake.webp"


def test_url_for__by_alias_has_neither_slug_nor_extension_of_the_file() -> None:
    image = Brand(logo=LOGO).logo
    assert image.url_for("thumb", by="alias") == f"{BASE}/thumb/-_brand_7_logo_-.png"
    assert image.url_for("thumb", by="hash") == f"{BASE}/thumb/{HASH}/acme-logo.png"


def test_url_for__by_an_alias_that_is_not_confirmed_is_by_hash() -> None:
    image = Brand(logo=REFERENCE).logo
    assert image.url_for("thumb", by="alias") == f"{BASE}/thumb/{HASH}/the-lake.png"


def test_url_for__by_anything_else_is_an_error() -> None:
    with pytest.raises(ValueError, match="'name', must be one of: 'hash', 'alias'"):
        a_photo().image.url_for(by="name")
    with pytest.raises(ValueError, match="'name', must be one of: 'hash', 'alias'"):
        a_photo().image.srcset(widths="400", by="name")


def test_url__of_a_protected_image_is_signed(settings: Settings) -> None:
    settings.ROKKA_SIGNING_KEY = "made-up"
    image = Contract(scan=SCAN).scan
    assert image.is_protected
    assert image.url.startswith(f"{BASE}/dynamic/noop/o-autoformat-true/-_contract_1_-.png?sig=")
    assert f"/{HASH}.jpg?sig=" in image.url_for(by="hash")


def test_url__of_a_protected_image_without_signing_key_is_empty_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert Contract(scan=SCAN).scan.url == ""
    assert "Set the option 'signing_key'" in caplog.text


@pytest.mark.parametrize("row", [Photo(image=BROKEN), Contract(scan=BROKEN)], ids=["hash", "alias"])
def test_url__of_a_broken_reference_is_empty_and_logged(
    row: Any, caplog: pytest.LogCaptureFixture
) -> None:
    image = row.image if isinstance(row, Photo) else row.scan
    assert image.url == ""
    assert image.srcset(widths="400") == ""
    assert (image.hash, image.alias, image.format, image.width) == ("", "", "", None)
    assert "'uploads/2019/holiday.jpg' is no image reference" in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_url__of_a_broken_reference_is_an_error_under_debug(settings: Settings) -> None:
    settings.DEBUG = True
    with pytest.raises(InvalidReference, match=r"'uploads/2019/holiday\.jpg' is no image"):
        a_photo(BROKEN).image.url  # noqa: B018  # reading is the test


def test_url__of_a_file_that_is_not_uploaded_is_empty_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    photo = a_photo(ContentFile(pictures.png(), "lake.png"))
    assert (photo.image.url, photo.image.hash) == ("", "")
    assert "'lake.png' has not been uploaded yet" in caplog.text
    with pytest.raises(InvalidReference, match=r"image\.commit\(\)"):
        photo.image.reference  # noqa: B018  # reading is the test


def test_url__of_a_file_named_like_a_reference_is_empty_until_it_is_uploaded() -> None:
    photo = a_photo(ContentFile(pictures.png(), f"{HASH}.png"))
    assert (photo.image.url, photo.image.hash) == ("", "")


@pytest.mark.parametrize(
    ("data", "size"),
    [(pictures.png(width=7, height=5), (7, 5)), (pictures.svg(), (None, None))],
    ids=["png", "svg"],
)
def test_width__of_a_file_that_is_not_uploaded_is_measured_here(
    data: bytes, size: tuple[int | None, int | None]
) -> None:
    photo = a_photo(ContentFile(data, "lake.png"))
    with assert_no_rokka_calls():
        assert (photo.image.width, photo.image.height) == size


def test_srcset__leaves_out_what_is_wider_than_the_original() -> None:
    srcset = a_photo().image.srcset("content", widths=[400, 800, 4000])
    part = f"{HASH}/the-lake.png"
    assert srcset == (
        f"{BASE}/content/resize-width-400/{part} 400w, "
        f"{BASE}/content/resize-width-800/{part} 800w, "
        f"{BASE}/content/resize-width-1600/{part} 1600w"
    )


@pytest.mark.django_db
def test_srcset__candidates_are_as_wide_as_they_say(rokka: RokkaStorage) -> None:
    photo = Photo.objects.create(image=ContentFile(pictures.png(), "lake.png"))
    candidates = read_candidates(photo.image.srcset(widths="10 20 400"))
    assert {width: fetch_picture(url).size for width, url in candidates.items()} == {
        10: (10, 8),
        20: (20, 15),
        40: (40, 30),
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_open__streams_the_original_and_closes() -> None:
    photo = Photo.objects.create(image=ContentFile(pictures.jpeg(), "lake.jpg"))
    photo.refresh_from_db()
    with photo.image.open() as file:
        assert b"".join(file.chunks()) == pictures.jpeg()
    assert photo.image.closed
    with photo.image.open("rb") as file:
        assert file.read(2) == b"\xff\xd8"
    assert photo.image.size == len(pictures.jpeg())


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_open__of_a_file_that_is_not_uploaded_reads_what_was_assigned() -> None:
    photo = a_photo(ContentFile(pictures.jpeg(), "lake.jpg"))
    with assert_no_rokka_calls(), photo.image.open() as file:
        assert file.read() == pictures.jpeg()
    photo.image.commit()
    assert photo.image.hash


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_save__with_save_writes_the_row_and_without_it_does_not(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    photo = Photo.objects.create()
    file = ContentFile(pictures.png(), "lake.png")
    with django_assert_num_queries(0):
        photo.image.save("lake.png", file, save=False)
    assert photo.image_width == 40
    with django_assert_num_queries(1):
        photo.image.save("lake.png", file)
    assert Photo.objects.get().image == photo.image


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, through_pickle], ids=["copy", "deepcopy", "pickle"]
)
def test_copies__of_a_row_keep_the_image(clone: Any) -> None:
    photo = a_photo()
    photo.image.url  # noqa: B018  # makes the value
    other = clone(photo)
    assert isinstance(other.image, RokkaFieldFile)
    assert other.image == photo.image
    assert other.image.url == photo.image.url


def test_pickle__of_a_value_alone_keeps_what_the_reference_tells() -> None:
    image = through_pickle(Brand(logo=LOGO).logo)
    assert (image.hash, image.width, image.alias) == (HASH, 1600, "brand_7_logo")
    assert image.url == Brand(logo=LOGO).logo.url


def test_equality__is_that_of_the_names() -> None:
    assert a_photo().image == a_photo().image == REFERENCE
    assert a_photo().image != Brand(logo=LOGO).logo
    assert len({a_photo().image, a_photo().image}) == 1


@pytest.mark.parametrize("method", ["save", "commit", "delete", "open"])
def test_templates__cannot_call_what_alters_data(method: str) -> None:
    template = Template("{{ photo.image." + method + " }}")
    with assert_no_rokka_calls():
        assert template.render(Context({"photo": a_photo()})) == ""


def test_value__needs_no_storage_until_it_makes_a_url(settings: Settings) -> None:
    settings.STORAGES = {"default": settings.STORAGES["default"]}
    photo = a_photo()
    assert (photo.image.hash, photo.image.width) == (HASH, 1600)
    with pytest.raises(ImproperlyConfigured, match="FileSystemStorage, which is no rokka storage"):
        photo.image.url  # noqa: B018  # reading is the test
