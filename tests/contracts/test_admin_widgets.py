"""Django's admin as it is, on models with our columns: every page works and shows the picture."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.widgets import AdminFileWidget
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.forms import ClearableFileInput
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.fields import RokkaImage
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls
from django_rokka.widgets import RokkaImageWidget

from tests import pictures
from tests.pages import fetch_picture, find_elements, read_words
from tests.testapp.models import Album, AlbumPage, Brand, Photo

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
REFERENCE = f"{HASH}/1600x900/the-lake.png"
PHOTOS = "/admin/testapp/photo/"
ALBUMS = "/admin/testapp/album/"


class PageInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    model = AlbumPage
    extra = 1


class PhotoAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("title", "image", "image_width")
    list_editable = ("image",)
    list_filter = ("image_width",)
    search_fields = ("title", "image")


class AlbumAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("title", "cover")
    inlines = (PageInline,)
    save_as = True


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    readonly_fields = ("image",)


class DjangoWidgetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Asks for Django's own widget in the way that its documentation shows."""

    formfield_overrides = {RokkaImage: {"widget": ClearableFileInput}}


class PlainWidget(AdminFileWidget):
    """A widget of a project's own."""


class OwnWidgetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    formfield_overrides = {models.ImageField: {"widget": PlainWidget}}


site = admin.AdminSite(name="admin")
site.register(Photo, PhotoAdmin)
site.register(Album, AlbumAdmin)
site.register(Brand)
others = {name: admin.AdminSite(name=name) for name in ("readonly", "djangos", "own")}
for found, kind in zip(
    others.values(), (ReadOnlyAdmin, DjangoWidgetAdmin, OwnWidgetAdmin), strict=True
):
    found.register(Photo, kind)
urlpatterns = [
    path("admin/", site.urls),
    *(path(f"{name}/", found.urls) for name, found in others.items()),
]


def sent(data: bytes | None = None, name: str = "lake.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.png() if data is None else data, "image/png")


def a_file(**options: Any) -> ContentFile[bytes]:
    return ContentFile(pictures.png(**options), "lake.png")


def get(client: Client, path: str) -> str:
    """Return a page, for which rokka must not be asked."""
    with assert_no_rokka_calls():
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def show(page: str) -> list[str]:
    """Return the URLs of the pictures of images on a page."""
    return [image["src"] for image in find_elements(page, "img") if "/dynamic/" in image["src"]]


def inlines(count: int, values: dict[str, Any], *, initial: int = 0) -> dict[str, Any]:
    counts = {"TOTAL_FORMS": str(count), "INITIAL_FORMS": str(initial)}
    return {f"albumpage_set-{name}": value for name, value in {**counts, **values}.items()}


# Pages


@pytest.mark.parametrize("page", [PHOTOS, f"{PHOTOS}add/", ALBUMS, f"{ALBUMS}add/"])
def test_pages__without_rows_are_shown(page: str, admin_client: Client) -> None:
    assert show(get(admin_client, page)) == []


@pytest.mark.usefixtures("rokka")
def test_change_page__shows_the_picture_the_clear_box_and_a_file_input(
    admin_client: Client,
) -> None:
    photo = Photo.objects.create(image=a_file())
    page = get(admin_client, f"{PHOTOS}{photo.pk}/change/")
    (url,) = show(page)
    assert fetch_picture(url).getpixel((0, 0)) == pytest.approx((255, 99, 71), abs=8)
    inputs = {found.get("name"): found.get("type") for found in find_elements(page, "input")}
    assert inputs["image"] == "file"
    assert inputs["image-clear"] == "checkbox"
    (form,) = (found for found in find_elements(page, "form") if found.get("id") == "photo_form")
    assert form["enctype"] == "multipart/form-data"


@pytest.mark.parametrize(
    "page", ["{PHOTOS}", "{PHOTOS}?q=lake", "{PHOTOS}?image_width=1600", "{PHOTOS}{pk}/delete/"]
)
def test_pages__around_a_row_are_shown(page: str, admin_client: Client) -> None:
    photo = Photo.objects.create(title="lake", image=REFERENCE, image_width=1600)
    text = get(admin_client, page.format(PHOTOS=PHOTOS, pk=photo.pk))
    assert "lake" in text


def test_history_page__names_the_image_that_was_changed(
    admin_client: Client, rokka: RokkaStorage
) -> None:
    photo = Photo.objects.create(title="lake", image=a_file())
    admin_client.post(f"{PHOTOS}{photo.pk}/change/", {"title": "lake", "image": sent()})
    assert "Changed Image." in get(admin_client, f"{PHOTOS}{photo.pk}/history/")
    assert rokka.exists(Photo.objects.get().image.name or "")


def test_change_page__with_inlines_shows_each_picture(admin_client: Client) -> None:
    album = Album.objects.create(title="Lakes", cover=REFERENCE)
    AlbumPage.objects.bulk_create(AlbumPage(album=album, picture=REFERENCE) for _ in range(3))
    assert len(show(get(admin_client, f"{ALBUMS}{album.pk}/change/"))) == 4


def test_change_page__with_inlines_has_as_many_queries_for_many_as_for_one(
    admin_client: Client,
) -> None:
    album = Album.objects.create(title="Lakes", cover=REFERENCE)
    counts = []
    for _ in range(3):
        AlbumPage.objects.create(album=album, picture=REFERENCE)
        get(admin_client, f"{ALBUMS}{album.pk}/change/")  # fills caches
        with CaptureQueriesContext(connection) as queries:
            get(admin_client, f"{ALBUMS}{album.pk}/change/")
        counts.append(len(queries))
    assert counts == counts[:1] * 3


# Writing


@pytest.mark.usefixtures("rokka")
def test_add_change_and_clear__by_the_forms_of_the_pages(admin_client: Client) -> None:
    with observe_calls() as calls:
        answer = admin_client.post(f"{PHOTOS}add/", {"title": "lake", "image": sent()})
    assert answer.status_code == 302
    assert [call.method for call in calls] == ["POST"]
    photo = Photo.objects.get()
    page = f"{PHOTOS}{photo.pk}/change/"
    with assert_no_rokka_calls():
        assert admin_client.post(page, {"title": "kept"}).status_code == 302
    assert Photo.objects.get().image == photo.image
    data = {"title": "new", "image": sent(pictures.png(width=10))}
    assert admin_client.post(page, data).status_code == 302
    assert Photo.objects.values_list("image_width", flat=True).get() == 10
    assert admin_client.post(page, {"title": "gone", "image-clear": "on"}).status_code == 302
    assert Photo.objects.values_list("title", "image", "image_width").get() == ("gone", "", None)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"image": "a text"}, id="a text for a file"),
        pytest.param({"image": REFERENCE}, id="a reference for a file"),
        pytest.param({"image-clear": "on", "image": ""}, id="clear without an image"),
        pytest.param({"image-uploaded": "made up"}, id="a receipt of nobody"),
    ],
)
def test_add__of_a_raw_post_without_a_file_makes_no_image(
    data: dict[str, str], admin_client: Client
) -> None:
    with assert_no_rokka_calls():
        answer = admin_client.post(f"{PHOTOS}add/", {"title": "raw", **data})
    assert answer.status_code in (200, 302)
    assert not Photo.objects.exclude(image="").exists()


def test_change__of_a_raw_post_with_a_reference_keeps_the_image(admin_client: Client) -> None:
    photo = Photo.objects.create(image=REFERENCE)
    with assert_no_rokka_calls():
        answer = admin_client.post(
            f"{PHOTOS}{photo.pk}/change/", {"title": "raw", "image": f"{'0' * 40}/1x1/other.png"}
        )
    assert answer.status_code == 302
    assert Photo.objects.get().image == REFERENCE


def test_add__of_a_required_image_asks_for_it(admin_client: Client) -> None:
    with assert_no_rokka_calls():
        answer = admin_client.post("/admin/testapp/brand/add/", {"name": "Acme"})
    assert "This field is required." in read_words(answer.content)
    assert not Brand.objects.exists()


@pytest.mark.usefixtures("rokka")
def test_inlines__are_added_changed_and_deleted(admin_client: Client) -> None:
    first = {"title": "Lakes", "cover": sent(), **inlines(1, {"0-picture": sent()})}
    assert admin_client.post(f"{ALBUMS}add/", first).status_code == 302
    album, page = Album.objects.get(), AlbumPage.objects.get()
    keys = {"0-id": str(page.pk), "0-album": str(album.pk), "1-album": str(album.pk)}
    second = inlines(2, {**keys, "1-picture": sent(pictures.png(width=10))}, initial=1)
    address = f"{ALBUMS}{album.pk}/change/"
    assert admin_client.post(address, {"title": "Lakes", **second}).status_code == 302
    assert sorted(page.picture.width or 0 for page in AlbumPage.objects.all()) == [10, 40]
    third = inlines(1, {**keys, "0-DELETE": "on"}, initial=1)
    with assert_no_rokka_calls():
        assert admin_client.post(address, {"title": "Lakes", **third}).status_code == 302
    assert AlbumPage.objects.get().picture.width == 10
    assert Album.objects.get().cover.width == 40


@pytest.mark.usefixtures("rokka")
def test_save_as_new__makes_a_row_without_an_image_as_django_does(admin_client: Client) -> None:
    album = Album.objects.create(title="Lakes", cover=a_file())
    data = {"title": "Other lakes", "_saveasnew": "1", **inlines(0, {})}
    assert admin_client.post(f"{ALBUMS}{album.pk}/change/", data).status_code == 302
    assert not Album.objects.get(title="Other lakes").cover
    assert Album.objects.get(title="Lakes").cover.width == 40


@pytest.mark.usefixtures("rokka")
def test_list_editable__replaces_clears_and_keeps(admin_client: Client) -> None:
    rows = [Photo.objects.create(title=title, image=a_file()) for title in "abc"]
    assert len(show(get(admin_client, PHOTOS))) >= 3
    listed = Photo.objects.order_by("-pk")
    data: dict[str, Any] = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "3", "_save": "Save"}
    data |= {f"form-{n}-id": str(row.pk) for n, row in enumerate(listed)}
    data |= {"form-0-image": sent(pictures.png(width=10)), "form-1-image-clear": "on"}
    answer = admin_client.post(PHOTOS, data)
    assert answer.status_code == 302
    widths = {row.title: row.image.width if row.image else None for row in Photo.objects.all()}
    assert widths == {"c": 10, "b": None, "a": 40}
    assert rows[0].image == Photo.objects.get(title="a").image


@pytest.mark.usefixtures("rokka")
def test_delete__of_rows_by_the_action_leaves_the_image_of_another(admin_client: Client) -> None:
    rows = [Photo.objects.create(title=title, image=a_file()) for title in "abc"]
    data = {"action": "delete_selected", "_selected_action": [row.pk for row in rows[:2]]}
    assert admin_client.post(PHOTOS, {**data, "post": "yes"}).status_code == 302
    assert fetch_picture(Photo.objects.get().image.url).size == (40, 30)


# Other ways to show it


def test_read_only__is_a_link_to_the_picture(admin_client: Client) -> None:
    photo = Photo.objects.create(image=REFERENCE)
    page = get(admin_client, f"/readonly/testapp/photo/{photo.pk}/change/")
    links = [found["href"] for found in find_elements(page, "a")]
    assert photo.image.url in links
    assert not [found for found in find_elements(page, "input") if found.get("type") == "file"]


def test_read_only__user_who_may_only_look_sees_the_picture(
    client: Client, django_user_model: Any
) -> None:
    from django.contrib.auth.models import Permission

    user = django_user_model.objects.create_user("ada", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_photo"))
    client.force_login(user)
    photo = Photo.objects.create(image=REFERENCE)
    page = get(client, f"{PHOTOS}{photo.pk}/change/")
    assert photo.image.url in [found["href"] for found in find_elements(page, "a")]


def get_widget(name: str, request: HttpRequest) -> Any:
    sites = {"admin": site, **others}
    form = sites[name].get_model_admin(Photo).get_form(request)
    return form.base_fields["image"].widget


@pytest.mark.parametrize(
    ("name", "kind"),
    [("admin", RokkaImageWidget), ("djangos", RokkaImageWidget), ("own", PlainWidget)],
)
def test_widget__of_django_is_replaced_and_that_of_a_project_is_not(
    name: str, kind: type, rf: RequestFactory
) -> None:
    assert type(get_widget(name, rf.get("/"))) is kind


@pytest.mark.usefixtures("rokka")
def test_widget__of_a_project_that_is_djangos_shows_uploads_and_clears(
    admin_client: Client,
) -> None:
    assert admin_client.post("/own/testapp/photo/add/", {"image": sent()}).status_code == 302
    photo = Photo.objects.get()
    address = f"/own/testapp/photo/{photo.pk}/change/"
    page = get(admin_client, address)
    assert photo.image.url in [found["href"] for found in find_elements(page, "a")]
    assert admin_client.post(address, {"image-clear": "on"}).status_code == 302
    assert Photo.objects.get().image == ""


def test_pages__are_shown_whatever_is_wrong_with_the_settings(
    admin_client: Client, settings: Settings
) -> None:
    photo = Photo.objects.create(image=REFERENCE)
    settings.STORAGES = {
        "default": settings.STORAGES["default"],
        "staticfiles": settings.STORAGES["staticfiles"],
    }
    for page in (f"{PHOTOS}add/", f"{PHOTOS}{photo.pk}/change/"):
        get(admin_client, page)
