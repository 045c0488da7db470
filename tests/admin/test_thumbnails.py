"""Pictures in the admin, and uploading there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import ModelAdmin, site
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Value
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_rokka.admin import thumbnail
from django_rokka.client import observe_calls
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import fetch_picture, find_elements, read_words
from tests.test_forms import HOSTILE_NAMES, TROUBLES
from tests.testapp.models import (
    Brand,
    Caption,
    Contract,
    Leaflet,
    Photo,
    Plain,
    Portrait,
    Poster,
)

pytestmark = pytest.mark.django_db

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
REFERENCE = f"{HASH}/1600x900/the-lake.png"
LIST = "/admin/testapp/photo/"


def change_page(photo: Photo) -> str:
    return f"{LIST}{photo.pk}/change/"


def sent(data: bytes | None = None, name: str = "lake.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.jpeg() if data is None else data, "image/jpeg")


def get(client: Client, path: str) -> tuple[bytes, int]:
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.content, len(queries)


def thumbnails(page: bytes) -> list[str]:
    images = find_elements(page, "img")
    return [image["src"] for image in images if image.get("class") == "rokka-thumbnail"]


# Reading


@pytest.mark.usefixtures("rokka")
def test_change_list__costs_what_text_columns_cost(admin_client: Client) -> None:
    for title in "abc":
        photo = Photo.objects.create(title=title, image=ContentFile(pictures.png(), "lake.png"))
        Caption.objects.create(title=title, image=photo.image.name or "")
    for path in (LIST, "/admin/testapp/caption/"):
        get(admin_client, path)  # fills the cache of content types
    page, queries = get(admin_client, LIST)
    _, expected = get(admin_client, "/admin/testapp/caption/")
    assert queries == expected
    assert len(thumbnails(page)) == 3
    # Twice the pixels of its 40 × 30, for dense screens.
    assert fetch_picture(thumbnails(page)[0]).size == (80, 60)


def test_change_page__costs_what_text_columns_cost(admin_client: Client) -> None:
    photo = Photo.objects.create(image=REFERENCE)
    caption = Caption.objects.create(image=REFERENCE)
    text_page = f"/admin/testapp/caption/{caption.pk}/change/"
    for path in (change_page(photo), text_page):
        get(admin_client, path)  # fills the cache of content types
    page, queries = get(admin_client, change_page(photo))
    _, expected = get(admin_client, text_page)
    assert queries == expected
    assert len(thumbnails(page)) == 1
    assert b"/static/django_rokka/widget.css" in page


def test_change_list__of_an_empty_image_shows_a_dash(admin_client: Client) -> None:
    Photo.objects.create(title="empty")
    page, _ = get(admin_client, LIST)
    assert b'<td class="field-image_thumbnail">-</td>' in page


def test_change_list__shows_a_plain_image_field_of_a_rokka_storage(admin_client: Client) -> None:
    Plain.objects.create(picture=REFERENCE)
    page, _ = get(admin_client, "/admin/testapp/plain/")
    assert len(thumbnails(page)) == 1


@pytest.mark.usefixtures("debug")
def test_pages__show_a_broken_reference_in_words(admin_client: Client) -> None:
    photo = Photo.objects.create(title="broken", image='uploads/"><i>.jpg')
    for path in (LIST, change_page(photo)):
        page, _ = get(admin_client, path)
        assert "is no image reference. Use" in read_words(page)
        assert b"<i>" not in page


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("django_rokka.storage.RokkaStorage", "A rokka storage has no organization"),
        ("django.core.files.storage.FileSystemStorage", "which is no rokka storage"),
    ],
)
def test_pages__show_wrong_settings_in_words(
    backend: str, words: str, admin_client: Client, settings: Settings
) -> None:
    settings.STORAGES = {**settings.STORAGES, "rokka": {"BACKEND": backend}}
    photo = Photo.objects.create(title="The lake", image=REFERENCE)
    for path in (LIST, change_page(photo)):
        page, _ = get(admin_client, path)
        assert words in read_words(page)


def test_pages__show_an_unknown_alias_of_a_storage_in_words(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Photo.image.field, "_storage", "nowhere")
    photo = Photo.objects.create(image=REFERENCE)
    for path in (LIST, change_page(photo)):
        page, _ = get(admin_client, path)
        assert "Could not find config for 'nowhere'" in read_words(page)


def test_thumbnail__has_a_name_an_order_and_a_description() -> None:
    default: Any = thumbnail("logo")
    small: Any = thumbnail("logo", description="small")
    assert default.__name__ == "logo_thumbnail"
    assert default.admin_order_field == "logo"
    assert (str(default.short_description), small.short_description) == ("image", "small")


def test_thumbnail__is_as_large_as_asked_for() -> None:
    html = thumbnail("logo", width=32, height=32)(Brand(logo=REFERENCE))
    (image,) = find_elements(html, "img")
    assert (image["width"], image["height"]) == ("32", "18")


# Writing


@pytest.mark.usefixtures("rokka")
def test_add_page__uploads_once(admin_client: Client) -> None:
    with observe_calls() as calls:
        answer = admin_client.post(f"{LIST}add/", {"title": "The lake", "image": sent()})
    assert answer.status_code == 302
    assert [call.method for call in calls] == ["POST"]
    assert Photo.objects.get().image.reference.slug == "lake"


@pytest.mark.usefixtures("rokka")
def test_change_page__clears_keeps_and_replaces(admin_client: Client) -> None:
    photo = Photo.objects.create(image=sent())
    page = change_page(photo)
    with assert_no_rokka_calls():
        assert admin_client.post(page, {"title": "kept"}).status_code == 302
    assert Photo.objects.get().image == photo.image
    contradiction = {"image": sent(), "image-clear": "on"}
    assert "not both" in admin_client.post(page, contradiction).content.decode()
    assert Photo.objects.get().image == photo.image
    admin_client.post(page, {"image": sent(pictures.png(), "new.png")})
    assert Photo.objects.get().image.reference.slug == "new"
    with assert_no_rokka_calls():
        admin_client.post(page, {"image-clear": "on"})
    assert not Photo.objects.get().image


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble__is_shown_on_the_add_and_the_change_page(
    trouble: str, admin_client: Client, configure: Any, caplog: pytest.LogCaptureFixture
) -> None:
    options, words = TROUBLES[trouble]
    photo = Photo.objects.create(title="before", image=REFERENCE)
    configure(**options)
    for path in (f"{LIST}add/", change_page(photo)):
        answer = admin_client.post(path, {"title": "after", "image": sent()})
        assert answer.status_code == 200
        assert "The image could not be uploaded." in read_words(answer.content)
        assert words in caplog.text
        caplog.clear()
    assert list(Photo.objects.values_list("title", "image")) == [("before", REFERENCE)]


@pytest.mark.usefixtures("rokka")
@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "empty.jpg", "The submitted file is empty."),
        (b"Dear Sir or Madam", "letter.jpg", "no image, video or font that rokka takes"),
        (pictures.png()[:-30] + b"\0" * 30, "cut.png", "“cut.png” is damaged"),
        (pictures.jpeg()[:20], "cut.jpg", "could not be uploaded"),
    ],
)
def test_file__that_is_no_image_is_shown_on_the_add_and_the_change_page(
    data: bytes, name: str, words: str, admin_client: Client
) -> None:
    photo = Photo.objects.create(title="before", image=REFERENCE)
    for path in (f"{LIST}add/", change_page(photo)):
        answer = admin_client.post(path, {"title": "after", "image": sent(data, name)})
        assert answer.status_code == 200
        assert words in read_words(answer.content)
    assert list(Photo.objects.values_list("title", "image")) == [("before", REFERENCE)]


@pytest.mark.parametrize("change", [{"organization": ""}, {"api_key": "wrong"}])
def test_row__whose_image_stays_is_saved_whatever_the_settings(
    change: dict[str, object], admin_client: Client, configure: Any
) -> None:
    configure(**change)
    brand = Brand.objects.bulk_create([Brand(name="before", logo=REFERENCE)])[0]
    path = f"/admin/testapp/brand/{brand.pk}/change/"
    assert admin_client.post(path, {"name": "after"}).status_code == 302
    assert Brand.objects.get().name == "after"


@pytest.mark.usefixtures("rokka")
def test_other_errors__keep_the_image_and_show_no_500(
    admin_client: Client, rokka: RokkaStorage
) -> None:
    photo = Photo.objects.create(image=sent())
    data = {"title": "x" * 101, "image": sent(pictures.png(), "new.png")}
    answer = admin_client.post(change_page(photo), data)
    assert answer.status_code == 200
    assert "at most 100 characters" in answer.content.decode()
    assert Photo.objects.get().image == photo.image
    assert rokka.exists(photo.image.name or "")


@pytest.mark.usefixtures("rokka")
def test_impossible_alias__is_shown_as_an_error(admin_client: Client) -> None:
    path = "/admin/testapp/poster/add/"
    answer = admin_client.post(path, {"slug": "à la carte", "page": sent()})
    assert answer.status_code == 200
    assert "use letters, digits and underscores only. Change what" in read_words(answer.content)
    assert not Poster.objects.exists()


@pytest.mark.usefixtures("rokka")
def test_child_with_its_own_table__is_added(admin_client: Client) -> None:
    path = "/admin/testapp/portrait/add/"
    assert admin_client.post(path, {"person": "Ada", "image": sent()}).status_code == 302
    assert Portrait.objects.values_list("image_width", "image_height").get() == (40, 30)


@pytest.mark.usefixtures("rokka")
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_name__keeps_the_bytes_and_is_escaped(name: str, admin_client: Client) -> None:
    title = '"><script>alert(1)</script>'
    answer = admin_client.post(f"{LIST}add/", {"title": title, "image": sent(name=name)})
    assert answer.status_code == 302, read_words(answer.content)
    photo = Photo.objects.get()
    with photo.image.open() as file:
        assert file.read() == pictures.jpeg()
    assert set(photo.image.reference.slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    for path in (LIST, change_page(photo)):
        page, _ = get(admin_client, path)
        assert b"<script>alert" not in page


class LeafletAdmin(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("id", "slug", thumbnail("page"))
    list_editable = ("slug",)


@pytest.mark.usefixtures("rokka")
def test_list_editable__saves_a_row_whose_alias_becomes_impossible(
    rf: RequestFactory, admin_user: Any
) -> None:
    leaflet = Leaflet.objects.create(slug="menu", page=ContentFile(pictures.png(), "menu.png"))
    sizes = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1}
    row = {"form-0-id": leaflet.pk, "form-0-slug": "à la carte"}
    request = rf.post("/", {**sizes, **row, "_save": "Save"})
    request.user, request._dont_enforce_csrf_checks = admin_user, True  # type: ignore[attr-defined]  # as the test client does
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    with assert_no_rokka_calls():
        answer = LeafletAdmin(Leaflet, site).changelist_view(request)
    assert answer.status_code == 302
    assert Leaflet.objects.get().slug == "à la carte"


@pytest.mark.usefixtures("rokka")
def test_protected_field__shows_a_public_image_as_an_error(admin_client: Client) -> None:
    contract = Contract.objects.create(scan=ContentFile(pictures.png(), "page.png"))
    Contract.objects.update(scan=Value(REFERENCE))  # from the days before it was protected
    answer = admin_client.post(f"/admin/testapp/contract/{contract.pk}/change/", {})
    assert answer.status_code == 200
    assert "is protected, but" in read_words(answer.content)
