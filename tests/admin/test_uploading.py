"""Uploading in the admin: once, last, and with ``RokkaAdminMixin`` outside of its transaction."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import path
from pytest_django import Settings

from django_rokka.admin import RokkaAdminMixin
from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import find_elements, read_words
from tests.testapp.models import Album, AlbumPage

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

watched: list[bool] = []


class WatchedStorage(RokkaStorage):
    """Notes whether a transaction is open while bytes travel."""

    def upload(self, *args: Any, **kwargs: Any) -> ImageReference:
        watched.append(connection.in_atomic_block)
        return super().upload(*args, **kwargs)


class PageInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    model = AlbumPage
    extra = 2


class AlbumAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    inlines = (PageInline,)


class RokkaAlbumAdmin(RokkaAdminMixin, AlbumAdmin):
    save_as = True


plain, with_mixin = admin.AdminSite(name="plain"), admin.AdminSite(name="with_mixin")
plain.register(Album, AlbumAdmin)
with_mixin.register(Album, RokkaAlbumAdmin)
urlpatterns = [path("plain/", plain.urls), path("mixin/", with_mixin.urls)]

ADD = "testapp/album/add/"
SIZES = {"albumpage_set-TOTAL_FORMS": "2", "albumpage_set-INITIAL_FORMS": "0"}
both = pytest.mark.parametrize("site", ["/plain/", "/mixin/"])


def sent(data: bytes | None = None, name: str = "lake.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.jpeg() if data is None else data, "image/jpeg")


def receipts(page: bytes) -> dict[str, str]:
    return {
        item["name"]: item["value"]
        for item in find_elements(page, "input")
        if item.get("name", "").endswith("-uploaded")
    }


def count_uploads(calls: Any) -> int:
    return len([call for call in calls if call.method == "POST"])


@both
@pytest.mark.usefixtures("rokka")
def test_inlines__upload_once_each(site: str, admin_client: Client) -> None:
    data = {
        "title": "Lakes",
        **SIZES,
        "cover": sent(),
        "albumpage_set-1-picture": sent(name="2.jpg"),
    }
    with observe_calls() as calls:
        assert admin_client.post(site + ADD, data).status_code == 302
    assert count_uploads(calls) == 2
    assert Album.objects.get().cover.reference.slug == "lake"
    assert AlbumPage.objects.get().picture.reference.slug == "2"


@both
@pytest.mark.usefixtures("rokka")
def test_inlines__with_an_error_elsewhere_keep_their_upload(
    site: str, admin_client: Client
) -> None:
    data: dict[str, Any] = {"title": "", **SIZES}
    answer = admin_client.post(site + ADD, {**data, "albumpage_set-1-picture": sent()})
    assert answer.status_code == 200
    kept = receipts(answer.content)
    assert set(kept) == {"albumpage_set-1-picture-uploaded"}
    assert "Uploaded, but not saved yet." in read_words(answer.content)
    with assert_no_rokka_calls():
        answer = admin_client.post(site + ADD, {**data, **kept, "title": "Lakes"})
    assert answer.status_code == 302
    assert AlbumPage.objects.get().picture.width == 40


@both
def test_slow_api__is_an_error_within_the_deadline_and_changes_nothing(
    site: str, admin_client: Client, configure: Any, server: EmulatorServer
) -> None:
    configure(upload_deadline=0.5)
    album = Album.objects.create(title="old", cover=sent())
    before = Album.objects.values().get()
    server.emulator.faults.add(method="POST", path="/sourceimages/", delay=20, times=5)
    data = {
        "title": "new",
        **SIZES,
        "cover": sent(pictures.png(), "new.png"),
        "albumpage_set-0-picture": sent(pictures.gif(), "1.gif"),
        "albumpage_set-1-picture": sent(pictures.webp(), "2.webp"),
    }
    started = time.monotonic()
    answer = admin_client.post(f"{site}testapp/album/{album.pk}/change/", data)
    assert time.monotonic() - started < 4
    words = read_words(answer.content)
    assert answer.status_code == 200
    assert "The image could not be uploaded." in words
    assert "What was uploaded is kept, so choose this one again." in words
    assert album.cover.hash in words  # the old image is shown
    assert Album.objects.values().get() == before
    assert not AlbumPage.objects.exists()


@both
def test_outage__is_an_error_and_the_second_try_sends_what_is_missing(
    site: str, admin_client: Client, configure: Any, server: EmulatorServer
) -> None:
    configure()
    server.emulator.faults.add(method="POST", path="/sourceimages/", status=503)
    data: dict[str, Any] = {"title": "Lakes", **SIZES}
    with observe_calls() as calls:
        answer = admin_client.post(
            site + ADD,
            {**data, "cover": sent(), "albumpage_set-0-picture": sent(pictures.png(), "1.png")},
        )
    assert count_uploads(calls) == 2  # the cover fails, and no second time; the page succeeds
    assert "The image could not be uploaded." in read_words(answer.content)
    with observe_calls() as calls:
        again = {**data, **receipts(answer.content), "cover": sent()}
        assert admin_client.post(site + ADD, again).status_code == 302
    assert count_uploads(calls) == 1
    assert Album.objects.get().cover
    assert AlbumPage.objects.get().picture


# The mixin


@pytest.fixture
def storage(settings: Settings, rokka_options: dict[str, object]) -> None:
    watched.clear()
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {"BACKEND": f"{__name__}.WatchedStorage", "OPTIONS": rokka_options},
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("storage")
def test_mixin__uploads_while_no_transaction_is_open(admin_client: Client) -> None:
    data: dict[str, Any] = {"title": "Lakes", **SIZES}
    images = {"cover": sent(), "albumpage_set-1-picture": sent(pictures.png(), "2.png")}
    answer = admin_client.post("/mixin/" + ADD, {**data, **images})
    assert answer.status_code == 302
    assert watched == [False, False]
    change = f"/mixin/testapp/album/{Album.objects.get().pk}/change/"
    page = AlbumPage.objects.get()
    row = {"albumpage_set-0-id": page.pk, "albumpage_set-0-album": page.album_id}
    sizes = {**SIZES, "albumpage_set-INITIAL_FORMS": "1"}
    images = {"albumpage_set-0-picture": sent(pictures.gif(), "3.gif")}
    answer = admin_client.post(change, {**data, **sizes, **row, **images})
    assert answer.status_code == 302
    assert watched == [False, False, False]
    assert AlbumPage.objects.get().picture.reference.slug == "3"
    answer = admin_client.post(
        change, {**data, "title": "Copy", "_saveasnew": "1", "cover": sent(name="4.jpg")}
    )
    assert answer.status_code == 302
    assert watched == [False, False, False, False]
    assert Album.objects.get(title="Copy").cover.reference.slug == "4"


@pytest.mark.usefixtures("storage")
def test_mixin__uploads_nothing_for_who_may_not_save(client: Client) -> None:
    client.force_login(User.objects.create_user("reader", is_staff=True))
    album = Album.objects.create(title="old")
    for page in (ADD, f"testapp/album/{album.pk}/change/", "testapp/album/0/change/"):
        client.post("/mixin/" + page, {"title": "new", **SIZES, "cover": sent()})
    assert client.post(f"/mixin/{ADD}?_to_field=title", {"cover": sent()}).status_code == 400
    assert watched == []
    assert Album.objects.get().title == "old"


@pytest.mark.usefixtures("storage")
def test_mixin__uploads_nothing_without_a_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("admin"))
    answer = client.post("/mixin/" + ADD, {"title": "new", **SIZES, "cover": sent()})
    assert answer.status_code == 403
    assert watched == []


@pytest.mark.usefixtures("rokka")
def test_mixin__binds_a_receipt_to_the_user(admin_client: Client) -> None:
    data = {"title": "", **SIZES, "albumpage_set-0-picture": sent()}
    kept = receipts(admin_client.post("/mixin/" + ADD, data).content)
    other = Client()
    other.force_login(User.objects.create_superuser("other"))
    stolen = {"title": "Lakes", **SIZES, **kept}
    with assert_no_rokka_calls():
        answer = other.post("/mixin/" + ADD, stolen)
    assert "Choose the file again." in read_words(answer.content)
    assert receipts(answer.content) == {}
    assert admin_client.post("/mixin/" + ADD, stolen).status_code == 302


class FixedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Album
        fields = ("title",)


class FixedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Returns the same form to everybody, with a word of its own."""

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        FixedForm.base_fields["title"].initial = "Lakes"
        return FixedForm


class FixedRokkaAdmin(RokkaAdminMixin, FixedAdmin):
    inlines = (PageInline,)


def test_mixin__leaves_a_form_that_many_users_share_as_it_is(rf: RequestFactory) -> None:
    model_admin = FixedRokkaAdmin(Album, plain)
    owners = []
    for name in ("one", "two"):
        request = rf.get("/")
        request.user = User.objects.create_superuser(name)
        form = model_admin.get_form(request)
        ((formset, _),) = model_admin.get_formsets_with_inlines(request)
        assert form.upload_owner == formset.form.upload_owner == f"user:{request.user.pk}"
        assert form().fields["title"].initial == "Lakes"
        owners.append(form.upload_owner)
    assert len(set(owners)) == 2
    assert not hasattr(FixedForm, "upload_owner")
