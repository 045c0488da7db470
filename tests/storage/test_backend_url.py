"""URLs that the storage writes."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import requests
from django.core.files.base import ContentFile
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.exceptions import InvalidReference
from django_rokka.render import ImageReference, Operation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
NAME = f"{HASH}/1600x900/lake.jpg"
PROTECTED = f"{HASH}/protected/1600x900/lake.jpg"


def make_storage(**options: Any) -> RokkaStorage:
    return RokkaStorage(**{"organization": "acme", "api_key": "the-key", **options})


@pytest.mark.smoke
def test_url__without_a_stack_is_dynamic_with_autoformat() -> None:
    with assert_no_rokka_calls():
        url = make_storage().url(NAME)

    assert url == f"https://acme.rokka.io/dynamic/noop/o-autoformat-true/{HASH}/lake.jpg"


def test_url__goes_through_the_default_stack_or_the_one_asked_for() -> None:
    storage = make_storage(default_stack="content")

    assert storage.url(NAME) == f"https://acme.rokka.io/content/{HASH}/lake.jpg"
    assert storage.url(NAME, "thumb") == f"https://acme.rokka.io/thumb/{HASH}/lake.jpg"


def test_url__with_operations_is_dynamic_in_spite_of_a_default_stack() -> None:
    url = make_storage(default_stack="content").url(
        NAME, operations=(Operation("resize", width=9),)
    )

    assert url == f"https://acme.rokka.io/dynamic/resize-width-9/o-autoformat-true/{HASH}/lake.jpg"


def test_url__takes_all_that_a_render_url_has() -> None:
    url = make_storage().url(
        NAME,
        "thumb",
        format="webp",
        overrides=(Operation("resize", width=9),),
        options={"dpr": 2},
        variables={"w": 300},
        filename="seo",
    )

    expected = "https://acme.rokka.io/thumb/resize-width-9/o-dpr-2/v-w-300/{}/seo.webp"
    assert url == expected.format(HASH)


@pytest.mark.parametrize(
    ("extension", "rendered"),
    [("png", "png"), ("svg", "svg"), ("avif", "avif"), ("heic", "jpg"), ("pdf", "jpg")],
)
def test_url__asks_for_the_images_own_format_where_browsers_show_it(
    extension: str, rendered: str
) -> None:
    url = make_storage(default_stack="s").url(f"{HASH}/9x9/a.{extension}")

    assert url == f"https://acme.rokka.io/s/{HASH}/a.{rendered}"


def test_url__of_an_alias_names_no_hash() -> None:
    reference = ImageReference.parse(f"{HASH}/-_brand_7_-/9x9/logo.png").by_alias("png")

    url = make_storage(default_stack="s").url(reference)

    assert url == "https://acme.rokka.io/s/-_brand_7_-.png"


@pytest.mark.parametrize(
    ("render_host", "base"),
    [
        ("https://cdn.test/pictures/", "https://cdn.test/pictures"),
        ("http://127.0.0.1:8642/render/{organization}", "http://127.0.0.1:8642/render/acme"),
        ("/rokka/render/acme", "/rokka/render/acme"),
    ],
)
def test_url__the_render_host_may_have_a_path(render_host: str, base: str) -> None:
    url = make_storage(render_host=render_host, default_stack="s").url(NAME)

    assert url == f"{base}/s/{HASH}/lake.jpg"


# Protected images


def test_url__of_a_protected_image_is_signed_and_needs_it(rokka: RokkaStorage) -> None:
    reference = rokka.upload("a.jpg", ContentFile(pictures.jpeg()), is_protected=True)

    with observe_calls() as calls:
        url = rokka.url(str(reference))

    unsigned, _, signature = url.partition("?")
    assert calls == []
    assert signature.startswith("sig=")
    assert requests.get(url, timeout=10).status_code == 200
    assert requests.get(unsigned, timeout=10).status_code == 403
    assert requests.get(f"{unsigned}?sig={'0' * 16}", timeout=10).status_code == 403


def test_url__of_a_public_image_is_not_signed(rokka: RokkaStorage) -> None:
    url = rokka.url(rokka.save("a.jpg", ContentFile(pictures.jpeg())))

    assert "?" not in url
    assert requests.get(url, timeout=10).headers["Content-Type"] == "image/jpeg"


def test_url__of_a_protected_image_without_a_signing_key_is_empty_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert make_storage().url(PROTECTED) == ""
    assert caplog.record_tuples == [
        (
            "django_rokka.storage",
            logging.ERROR,
            (
                f"No render URL for {PROTECTED}: A protected image needs a signed URL. Set the"
                " option 'signing_key' in STORAGES, or ROKKA_SIGNING_KEY."
            ),
        )
    ]


# What cannot be rendered


@pytest.mark.parametrize("name", ["holiday.jpg", "facade.jpg", "20240315.jpg", "-_alias_-.png"])
def test_url__of_no_reference_is_empty_and_logged(
    caplog: pytest.LogCaptureFixture, name: str
) -> None:
    assert make_storage().url(name) == ""
    assert caplog.messages[0].startswith(f"No image at rokka: {name!r} is no image reference.")


@pytest.mark.parametrize("name", ["", None])
def test_url__of_nothing_is_empty(name: str | None) -> None:
    assert make_storage().url(name) == ""


def test_url__of_no_reference_is_an_error_under_debug(settings: Settings) -> None:
    settings.DEBUG = True

    with pytest.raises(InvalidReference, match=r"'holiday\.jpg' is no image reference"):
        make_storage().url("holiday.jpg")


def test_url__of_an_unconfigured_storage_is_empty_and_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEBUG = True

    assert RokkaStorage().url(NAME) == ""
    [message] = caplog.messages
    assert message == (
        f"No render URL for {NAME}: A rokka storage has no organization. Set the option"
        " 'organization' in STORAGES, or ROKKA_ORGANIZATION, or ROKKA_API_URL."
    )
