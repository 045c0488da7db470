"""The file input that shows the image it would replace."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries, Settings

from django_rokka.testing import assert_no_rokka_calls
from django_rokka.widgets import RokkaImageWidget

from tests.pages import find_elements, read_words
from tests.testapp.models import Brand, Contract, Photo, Plain

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
LOGO = f"{HASH}/-_brand_7_logo_-/1600x900/acme-logo.png"


def render(value: object, *, is_required: bool = False) -> str:
    widget = RokkaImageWidget()
    widget.is_required = is_required
    with assert_no_rokka_calls():
        return widget.render("logo", value, {"id": "id_logo"})


def test_widget__without_an_image_is_an_input() -> None:
    html = " ".join(render(Brand().logo).split())
    assert html == ('<div class="rokka-image"> <input type="file" name="logo" id="id_logo"> </div>')


def test_widget__shows_picture_size_format_and_alias() -> None:
    html = render(Brand(logo=LOGO).logo)
    (image,) = find_elements(html, "img")
    assert image == {
        "src": "https://demo.rokka.io/dynamic/resize-width-240-height-160-upscale-false"
        f"/o-autoformat-true-dpr-2/{HASH}/acme-logo.png",
        "width": "240",
        "height": "135",
        "alt": "",
        "loading": "lazy",
        "decoding": "async",
        "class": "rokka-thumbnail",
    }
    words = " ".join(read_words(html).split())
    assert f'1600 × 900 px · PNG · <code title="{HASH}">c421f4e</code>' in words
    assert "Alias: <code>brand_7_logo</code>" in words


def test_widget__offers_to_clear_what_is_not_required() -> None:
    for is_required, expected in ((True, ["logo"]), (False, ["logo-clear", "logo"])):
        html = render(Brand(logo=LOGO).logo, is_required=is_required)
        assert [element["name"] for element in find_elements(html, "input")] == expected


def test_widget__shows_a_plain_image_field_of_a_rokka_storage() -> None:
    assert f"/{HASH}/lake.png" in render(Plain(picture=f"{HASH}/40x30/lake.png").picture)


@pytest.mark.usefixtures("debug")
def test_widget__shows_a_broken_reference_in_words() -> None:
    html = render(Brand(logo="<i>holiday.jpg").logo)
    assert "'<i>holiday.jpg' is no image reference" in read_words(html)
    assert "<i>" not in html


def test_widget__shows_a_missing_setting_in_words(settings: Settings) -> None:
    scan = Contract(scan=f"{HASH}/protected/40x30/page.jpg").scan
    assert "Set the option 'signing_key'" in read_words(render(scan))
    rokka = {"BACKEND": "django_rokka.storage.RokkaStorage"}
    settings.STORAGES = {**settings.STORAGES, "rokka": rokka}
    assert "has no organization" in read_words(render(Brand(logo=LOGO).logo))


def test_widget__shows_in_words_that_the_storage_is_none_of_rokkas(settings: Settings) -> None:
    settings.STORAGES = {"default": settings.STORAGES["default"]}
    words = read_words(render(Photo(image=LOGO).image))
    assert "is kept by FileSystemStorage, which is no rokka storage" in words


def test_widget__shows_no_picture_of_a_file_that_was_just_sent() -> None:
    sent = SimpleUploadedFile("lake.png", b"...")
    assert find_elements(render(sent), "img") == []


def test_widget__costs_no_query(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        render(Brand(logo=LOGO).logo)


def test_media__is_one_style_sheet() -> None:
    assert str(RokkaImageWidget().media) == (
        '<link href="/static/django_rokka/widget.css" media="all" rel="stylesheet">'
    )


def test_widget__says_that_an_image_is_older_than_its_protection() -> None:
    scan = Contract(scan=f"{HASH}/40x30/page.jpg").scan
    assert "anybody who knows its link can see it. Choose its file again." in render(scan)
    assert "anybody who knows" not in render(Photo(image=f"{HASH}/40x30/page.jpg").image)


def test_widget__shows_what_the_fallback_keeps(settings: Settings, configure: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "old": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"base_url": "/media/"},
        },
    }
    configure(fallback="old")
    html = render(Photo(image='2024/"Löwe".jpg').image)
    (image,) = find_elements(html, "img")
    assert image["src"] == "/media/2024/%22L%C3%B6we%22.jpg"
    assert image["alt"] == '2024/"Löwe".jpg'
    assert "rokka-image__facts" not in html


def test_widget__is_in_the_data_by_any_of_its_inputs() -> None:
    widget = RokkaImageWidget()
    assert widget.value_omitted_from_data({"other": ""}, {}, "logo")
    for name in ("logo-clear", "logo-uploaded", "logo-chosen"):
        assert not widget.value_omitted_from_data({name: ""}, {}, "logo")
    assert not widget.value_omitted_from_data({}, {"logo": b"..."}, "logo")
