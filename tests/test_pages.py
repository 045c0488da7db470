"""Whole pages: what they show, and that showing it asks neither rokka nor more of the database."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_rokka import stacks
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import fetch_picture, find_elements, read_candidates
from tests.testapp.models import Caption, Photo

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.testapp.urls")]

CONTENT = {
    "operations": [{"name": "resize", "options": {}, "expressions": {"width": "$w"}}],
    "variables": {"w": 20},
}


def add_photos(number: int) -> None:
    for width in range(40, 40 + number):
        file = ContentFile(pictures.png(width=width), f"lake-{width}.png")
        photo = Photo.objects.create(title=f"Lake {width}", image=file)
        Caption.objects.create(
            title=photo.title,
            image=photo.image.name or "",
            image_width=photo.image_width,
            image_height=photo.image_height,
        )


def get(client: Client, path: str) -> tuple[bytes, int]:
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.content, len(queries)


@pytest.mark.smoke
@pytest.mark.usefixtures("rokka")
def test_page__costs_what_text_columns_cost(client: Client) -> None:
    add_photos(3)
    page, queries = get(client, "/photos/")
    _, expected = get(client, "/captions/")
    assert queries == expected == 1
    assert len(find_elements(page, "img")) == 3


def test_page__shows_pictures_of_the_promised_size(
    client: Client, rokka: RokkaStorage, settings: Settings
) -> None:
    settings.ROKKA_STACKS = {"content": CONTENT}
    stacks.apply(rokka)
    add_photos(1)
    page, _ = get(client, "/photos/")
    (image,) = find_elements(page, "img")
    assert image["alt"] == "Lake 40"
    assert fetch_picture(image["src"]).size == (int(image["width"]), int(image["height"]))
    candidates = read_candidates(image["srcset"])
    assert {width: fetch_picture(url).width for width, url in candidates.items()} == {
        10: 10,
        20: 20,
        40: 40,
    }
    first, _ = find_elements(page, "a")
    assert fetch_picture(first["href"]).size == (40, 30)


def test_page__with_an_object_beside_its_form_survives_what_the_form_refuses(
    client: Client, rokka: RokkaStorage
) -> None:
    add_photos(1)
    photo = Photo.objects.get()
    for name, data in (("letter.jpg", b"Dear Sir"), ("new.jpg", pictures.jpeg())):
        sent = SimpleUploadedFile(name, data)
        answer = client.post(f"/photos/{photo.pk}/", {"title": "x" * 101, "image": sent})
        assert answer.status_code == 200
        assert "at most 100 characters" in answer.content.decode()
    assert Photo.objects.get().image == photo.image
    assert rokka.exists(photo.image.name or "")
    answer = client.post(
        f"/photos/{photo.pk}/", {"title": "New", "image": SimpleUploadedFile("new.jpg", data)}
    )
    assert answer.status_code == 302
    assert Photo.objects.get().image.reference.slug == "new"
