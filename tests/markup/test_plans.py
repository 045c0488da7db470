"""What call sites remember, and what they must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils.safestring import mark_safe
from pytest_django import Settings

from django_rokka import markup
from django_rokka.render import ImageReference

from tests.markup.gallery import MOMENT

BACKEND = "django_rokka.storage.RokkaStorage"
OPTIONS = {
    "organization": "demo",
    "api_key": "of-nobody",
    "signing_key": "signing-key-of-the-tests",
    "signed_stacks": ["secret"],
}
HASHES = ("c421f4e8cefe0fd3aab22832f51e85bacda0a47a", "0" * 39 + "1")
TEXTS = [
    f"{image}{alias}{protected}/1600x900/{slug}"
    for image, slug in zip(HASHES, ("the-lake.jpg", "a-hill.jpg"), strict=True)
    for alias in ("", f"/-_brand_{image[:3]}_-")
    for protected in ("", "/protected")
]
ODD = [
    f"{image}{end}" for image in HASHES for end in ("", ".png", "/lake.jpg", "/-lake.pdf", "/-.jpg")
]
CASES: list[dict[str, Any]] = [
    {"widths": "400 800", "sizes": "50vw", "class_": "wide"},
    {"widths": "400 800", "alt": '100 % "sig=0123456789abcdef"', "data_id": 7, "title": "a < b"},
    {"widths": "400", "alt": mark_safe("a &amp; b"), "id": "x%sy", "style": "width:50%"},
    {"densities": "1 2", "stack": "secret", "filename": "other", "v_title": "a/b&c"},
    {"by": "alias", "signed": True, "placeholder": "#aabbcc"},
    {"filename": "", "format": "webp", "attrs": {"@click": "x"}, "expires_in": 600},
    {"signed": True, "href": f"https://demo.rokka.io/secret/{HASHES[0]}.jpg?sig=0123456789abcdef"},
    {"signed": False, "href": "?sig=0123456789abcdef"},
]

Writer = Callable[..., str]


@pytest.fixture(autouse=True)
def project(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STORAGES = {**settings.STORAGES, "rokka": {"BACKEND": BACKEND, "OPTIONS": OPTIONS}}
    monkeypatch.setattr("django.utils.timezone.now", lambda: MOMENT)


@pytest.mark.parametrize("write", [markup.responsive_image, markup.responsive_picture])
@pytest.mark.parametrize("arguments", CASES, ids=str)
def test_plan__writes_what_is_written_without_one(
    write: Writer, arguments: dict[str, Any], settings: Settings
) -> None:
    images = TEXTS + ODD
    planned = [write(image, **arguments) for image in images]
    settings.DEBUG = True

    assert planned == [write(image, **arguments) for image in images]


def test_plan__is_none_where_a_signature_is_not_seen(settings: Settings) -> None:
    settings.ROKKA_RENDER_HOST = "https://pictures.example.com/it's"
    planned = [markup.responsive_image(image, "secret", alt="") for image in TEXTS]
    settings.DEBUG = True

    assert planned == [markup.responsive_image(image, "secret", alt="") for image in TEXTS]


def test_plan__tells_values_apart_that_are_equal() -> None:
    written = [markup.image_url(TEXTS[0], "thumb", o_dpr=dpr) for dpr in (1, True, 1.0, "1")]

    assert [url.split("/")[4] for url in written] == [
        "o-dpr-1",
        "o-dpr-true",
        "o-dpr-1.0",
        "o-dpr-1",
    ]


def test_plan__asks_an_object_for_its_text_each_time() -> None:
    class Title:
        text = "before"

        def __str__(self) -> str:
            return self.text

    title = Title()
    before = markup.responsive_image(TEXTS[0], "thumb", alt="", data_title=title, lang=title)
    title.text = "after"

    assert markup.responsive_image(
        TEXTS[0], "thumb", alt="", data_title=title, lang=title
    ) == before.replace("before", "after")


@pytest.mark.parametrize("hash", ["../secret", "c421F4", "c421f4/../x", "%(alt)s"])
def test_plan__is_for_no_name_that_has_not_been_read(hash: str) -> None:
    markup.image_url(ImageReference(HASHES[0], slug="x", extension="jpg"), "thumb")

    assert markup.image_url(ImageReference(hash, slug="x", extension="jpg"), "thumb") == ""


def test_plan__is_forgotten_with_the_options(settings: Settings) -> None:
    before = markup.image_url(TEXTS[0], "thumb")
    settings.ROKKA_RENDER_HOST = "https://pictures.example.com"

    assert markup.image_url(TEXTS[0], "thumb") == before.replace(
        "https://demo.rokka.io", "https://pictures.example.com"
    )


def test_plan__refuses_what_is_wrong_with_the_template_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="'wide' cannot be read"):
            markup.responsive_image(TEXTS[0], "thumb", widths="wide")
        with pytest.raises(TypeError, match="'colour' is no part of a render URL"):
            markup.image_url(TEXTS[0], "thumb", colour="red")
