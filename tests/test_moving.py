"""A site whose field has just become a RokkaImage with a fallback works all the while it moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

import pytest
from django.contrib.admin import AdminSite, ModelAdmin, TabularInline
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from pytest_django import Settings

from django_rokka import stacks
from django_rokka.admin import RokkaAdminMixin, thumbnail
from django_rokka.fields import RokkaImage
from django_rokka.storage import RokkaStorage
from django_rokka.storage.configured import is_own_name
from django_rokka.testing import assert_no_rokka_calls
from django_rokka.transfer import move_in

from tests import pictures
from tests.pages import fetch_picture, find_elements
from tests.testapp.models import Album, AlbumPage, Brand, Photo

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.test_moving"),
]

Configure = Callable[..., RokkaStorage]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
OLD_FILES = {
    "2024/Löwe & Co.jpg": pictures.jpeg(),
    "icon.png": pictures.png(),
    f"{HASH}.jpg": pictures.jpeg(width=50),
    f"{HASH}/beach.jpg": pictures.jpeg(width=60),
}

STACKS = {"thumb": {"operations": [{"name": "resize", "options": {"width": 20}}]}}

# The site


PAGE = """
{% load rokka %}{% for photo in photos %}
{% if photo.image %}<a href="{{ photo.image.url }}">{{ photo.image.width }}</a>{% endif %}
<a href="{% rokka_url photo.image %}"></a>
<a href="{% rokka_url photo.image 'thumb' by='alias' %}"></a>
<a href="{% rokka_url photo.image.name 'thumb' %}"></a>
{% rokka_img photo.image alt='' %}
{% rokka_img photo.image widths='20 40' sizes='100vw' alt=photo.title %}
{% endfor %}
"""


def show(request: HttpRequest) -> HttpResponse:
    photos = Photo.objects.order_by("pk")
    return HttpResponse(Template(PAGE).render(Context({"photos": photos})))


def serve(request: HttpRequest) -> HttpResponse:
    from rest_framework.serializers import ModelSerializer

    class PhotoSerializer(ModelSerializer):  # type: ignore[misc]  # without stubs
        class Meta:
            model = Photo
            fields = ("image", "image_width")

    photos = Photo.objects.order_by("pk")
    data = PhotoSerializer(photos, many=True, context={"request": request}).data
    return HttpResponse(json.dumps(data))


picture = thumbnail("image")


class PhotoAdmin(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("title", "image", picture)
    list_display_links = ("title", picture)


class PageInline(TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    model = AlbumPage
    extra = 1


class AlbumAdmin(RokkaAdminMixin, ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    inlines = (PageInline,)


class BrandAdmin(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("logo",)
    readonly_fields = ("logo",)


admin = AdminSite()
admin.register(Photo, PhotoAdmin)
admin.register(Album, AlbumAdmin)
admin.register(Brand, BrandAdmin)

urlpatterns = [path("admin/", admin.urls), path("page/", show), path("api/", serve)]


# Its rows


class Site(NamedTuple):
    """A site at a moment of its move."""

    old: FileSystemStorage
    moment: str
    client: Client

    def is_old(self, name: str) -> bool:
        return bool(name) and not is_own_name(name)

    def read(self, url: str) -> bytes:
        """Return the file behind a URL of the old storage."""
        assert url.startswith("/media/")
        return Path(self.old.path(unquote(url.removeprefix("/media/")))).read_bytes()


def store(model: Any, column: str, name: str, /, **columns: Any) -> Any:
    """Add a row as it was before: the column holds the name of a file."""
    row = model(**columns)
    model.objects.bulk_create([row])
    sizes = {"image_width": 40, "image_height": 30} if model is Photo and name else {}
    model.objects.filter(pk=row.pk).update(**{column: name}, **sizes)
    return row


def move(model: Any, column: str, *, share: int) -> None:
    """Move every row, or every second one."""
    field = cast(RokkaImage, model._meta.get_field(column))
    keys = list(model.objects.order_by("pk").values_list("pk", flat=True))[::share]
    report = move_in(field, rows=model.objects.filter(pk__in=keys))
    assert report.failed == report.changed == 0


@pytest.fixture(params=["before", "during", "after", "without the fallback"])
def site(
    request: pytest.FixtureRequest,
    settings: Settings,
    tmp_path: Path,
    configure: Configure,
    client: Client,
) -> Site:
    settings.STORAGES = {
        **settings.STORAGES,
        "old": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media", "base_url": "/media/"},
        },
    }
    old = cast(FileSystemStorage, storages["old"])
    stacks.apply(configure(fallback="old", stacks=STACKS))
    for name, content in OLD_FILES.items():
        assert old.save(name, ContentFile(content)) == name
    for name in [*OLD_FILES, ""]:
        store(Photo, "image", name, title=f"photo {name}")
        album = store(Album, "cover", name, title=f"album {name}")
        store(AlbumPage, "picture", name or "icon.png", album=album)
        store(AlbumPage, "picture", "icon.png", album=album)
    store(Brand, "logo", "icon.png", name="Acme")
    moment = request.param
    if moment != "before":
        share = 2 if moment == "during" else 1
        for model, column in ((Photo, "image"), (Album, "cover"), (AlbumPage, "picture")):
            move(model, column, share=share)
        if share == 1:
            move(Brand, "logo", share=1)
    if moment == "without the fallback":
        configure(stacks=STACKS)
    client.force_login(User.objects.create_superuser("ada", password="made up"))
    return Site(old, moment, client)


def get(site: Site, url: str) -> tuple[bytes, int]:
    """Open a page; no page may ask rokka for anything."""
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        answer = site.client.get(url)
    assert answer.status_code == 200
    return answer.content, len(queries)


def check_picture(site: Site, name: str, url: str) -> None:
    """Look whether a URL shows the picture of a column."""
    if site.is_old(name):
        assert site.read(url) == OLD_FILES[name]
    else:
        assert fetch_picture(url).size


def find_thumbnails(page: bytes) -> list[str]:
    images = find_elements(page, "img")
    return [image["src"] for image in images if image.get("class") == "rokka-thumbnail"]


def names(model: Any, column: str) -> dict[int, str]:
    return dict(model.objects.order_by("pk").values_list("pk", column))


def test_moments__are_what_they_say(site: Site) -> None:
    are_old = [site.is_old(name) for name in names(Photo, "image").values() if name]
    expected = {"before": [True] * 4, "during": [False, True, False, True]}
    assert are_old == expected.get(site.moment, [False] * 4)


# Pages


@pytest.mark.usefixtures("debug")
def test_page__shows_every_picture_with_every_tag(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    page, _ = get(site, "/page/")
    assert [record for record in caplog.records if record.name.startswith("django_rokka")] == []

    links = [element["href"] for element in find_elements(page, "a")]
    images = find_elements(page, "img")
    for name in names(Photo, "image").values():
        if not name:
            assert links[:3] == ["", "", ""]
            continue
        here, links = links[:4], links[4:]
        (plain, responsive), images = images[:2], images[2:]
        for url in (*here, plain["src"], responsive["src"]):
            check_picture(site, name, url)
        assert ("srcset" in responsive) is not site.is_old(name)
        # Of an old file the columns tell the size, and of a picture without a stack its reference.
        assert int(plain["width"]) >= 40
        assert plain["height"] == "30"
    assert images == []


@pytest.mark.parametrize("url", ["/page/", "/admin/testapp/photo/", "/admin/testapp/brand/"])
def test_page__costs_as_many_queries_with_more_rows(site: Site, url: str) -> None:
    get(site, url)  # which may read the session or content types for the first time
    _, before = get(site, url)
    for photo in Photo.objects.values("image", "title"):
        store(Photo, "image", photo["image"], title="another")
    for brand in Brand.objects.values("logo"):
        store(Brand, "logo", brand["logo"], name="another")
    _, after = get(site, url)
    assert after == before


def test_api__has_the_url_of_every_picture(site: Site) -> None:
    pytest.importorskip("rest_framework")
    content, queries = get(site, "/api/")

    assert queries == 1
    for row, name in zip(json.loads(content), names(Photo, "image").values(), strict=True):
        if name:
            check_picture(site, name, row["image"].removeprefix("http://testserver"))
        else:
            assert row["image"] is None


# The admin


def test_admin__lists_every_picture(site: Site) -> None:
    page, _ = get(site, "/admin/testapp/photo/?o=1")

    shown = set(find_thumbnails(page))
    filled = [name for name in names(Photo, "image").values() if name]
    assert len(shown) == len(filled)
    assert {site.old.url(name) for name in filled if site.is_old(name)} <= shown
    linked = {link["href"] for link in find_elements(page, "a")}
    for photo in Photo.objects.exclude(image=""):
        assert photo.image.url in linked
    assert "⚠" not in page.decode()


def test_admin__shows_a_column_that_is_read_only(site: Site) -> None:
    brand = Brand.objects.get()
    page, _ = get(site, f"/admin/testapp/brand/{brand.pk}/change/")
    links = [link["href"] for link in find_elements(page, "a")]
    assert brand.logo.url in links
    check_picture(site, brand.logo.name or "", brand.logo.url)


@pytest.mark.usefixtures("debug")
def test_admin__shows_the_picture_in_every_form(site: Site) -> None:
    for pk, name in names(Photo, "image").items():
        page, _ = get(site, f"/admin/testapp/photo/{pk}/change/")
        assert b"rokka-image__problem" not in page
        if name:
            check_picture(site, name, *find_thumbnails(page))
            assert (b"rokka-image__facts" in page) is not site.is_old(name)


def post(site: Site, photo: int, **data: Any) -> None:
    url = f"/admin/testapp/photo/{photo}/change/"
    answer = site.client.post(url, {"title": "kept", **data})
    assert answer.status_code == 302, answer.content


def test_admin__saves_a_form_that_nobody_changed(site: Site) -> None:
    before = names(Photo, "image")
    columns = list(Photo.objects.order_by("pk").values_list("image_width", "image_height"))

    with assert_no_rokka_calls():
        for pk in before:
            post(site, pk)

    assert names(Photo, "image") == before
    assert list(Photo.objects.order_by("pk").values_list("image_width", "image_height")) == columns
    assert all(site.old.exists(name) for name in OLD_FILES)


def test_admin__replaces_every_picture(site: Site) -> None:
    for number, pk in enumerate(names(Photo, "image")):
        file = SimpleUploadedFile("new.png", pictures.png(width=70 + number), "image/png")
        post(site, pk, image=file)
        photo = Photo.objects.get(pk=pk)
        assert is_own_name(photo.image.name or "")
        assert (photo.image_width, photo.image.width) == (70 + number, 70 + number)
        assert fetch_picture(photo.image.url).width == 70 + number
    assert all(site.old.exists(name) for name in OLD_FILES)


def test_admin__clears_every_picture(site: Site) -> None:
    for pk in names(Photo, "image"):
        post(site, pk, **{"image-clear": "on"})
        row = Photo.objects.values("image", "image_width").get(pk=pk)
        assert row == {"image": "", "image_width": None}
    assert all(site.old.exists(name) for name in OLD_FILES)


def test_admin__deletes_every_row(site: Site) -> None:
    for pk in names(Photo, "image"):
        url = f"/admin/testapp/photo/{pk}/delete/"
        get(site, url)
        assert site.client.post(url, {"post": "yes"}).status_code == 302
    assert not Photo.objects.exists()
    assert all(site.old.exists(name) for name in OLD_FILES)


def send_album(site: Site, album: Album, **data: Any) -> None:
    pages = list(AlbumPage.objects.filter(album=album).order_by("pk"))
    form: dict[str, Any] = {
        "title": album.title,
        "albumpage_set-TOTAL_FORMS": len(pages),
        "albumpage_set-INITIAL_FORMS": len(pages),
    }
    for number, page in enumerate(pages):
        form[f"albumpage_set-{number}-id"] = page.pk
        form[f"albumpage_set-{number}-album"] = album.pk
    answer = site.client.post(f"/admin/testapp/album/{album.pk}/change/", {**form, **data})
    assert answer.status_code == 302, answer.content


def test_admin__shows_and_saves_the_pictures_of_inlines(site: Site) -> None:
    before = names(AlbumPage, "picture"), names(Album, "cover")

    for album in Album.objects.order_by("pk"):
        page, _ = get(site, f"/admin/testapp/album/{album.pk}/change/")
        shown = find_thumbnails(page)
        kept = AlbumPage.objects.filter(album=album).order_by("pk")
        wanted = [name for name in (album.cover.name, *(row.picture.name for row in kept)) if name]
        for name, url in zip(wanted, shown, strict=True):
            check_picture(site, name, url)
        with assert_no_rokka_calls():
            send_album(site, album)

    assert (names(AlbumPage, "picture"), names(Album, "cover")) == before


def test_admin__replaces_and_deletes_pictures_of_inlines(site: Site) -> None:
    for album in Album.objects.order_by("pk"):
        first, second = AlbumPage.objects.filter(album=album).order_by("pk")
        kept = album.cover.name
        file = SimpleUploadedFile("new.png", pictures.png(width=71), "image/png")
        send_album(site, album, **{"albumpage_set-0-picture": file, "albumpage_set-1-DELETE": "on"})
        first.refresh_from_db()
        album.refresh_from_db()
        assert first.picture.width == 71
        assert album.cover.name == kept
        assert not AlbumPage.objects.filter(pk=second.pk).exists()
    assert all(site.old.exists(name) for name in OLD_FILES)


# Code


@pytest.mark.usefixtures("debug")
def test_row__is_saved_and_copied_without_an_upload(site: Site) -> None:
    before = names(Photo, "image")
    with assert_no_rokka_calls():
        for photo in Photo.objects.order_by("pk"):
            photo.save()
            photo.image = photo.image.name or ""
            photo.save()
            photo.full_clean()
            photo.save(update_fields=["image"])
            other = Photo(title="copy", image=photo.image)
            assert other.image.name == photo.image.name
            if site.is_old(before[photo.pk]):
                assert photo.image.srcset(widths="20 40") == ""
    assert names(Photo, "image") == before


def test_row__opens_its_file_wherever_that_is(site: Site) -> None:
    for photo, content in zip(
        Photo.objects.exclude(image="").order_by("pk"), OLD_FILES.values(), strict=True
    ):
        with photo.image.open() as file:
            assert file.read() == content
