"""Saving rows: what goes up, how often, and what the columns hold after it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext, isolate_apps
from pytest_django import DjangoAssertNumQueries

from django_rokka.client import observe_calls
from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.exceptions import InvalidReference
from django_rokka.fields import RokkaImage
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.testapp.models import Brand, Caption, Contract, Leaflet, Photo, Portrait

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rokka")]

COLUMNS = ("image", "image_width", "image_height")


def a_file(name: str = "lake.png", **options: Any) -> ContentFile[bytes]:
    return ContentFile(pictures.png(**options), name)


def stored(photo: Photo) -> tuple[str, int | None, int | None]:
    name, width, height = Photo.objects.values_list(*COLUMNS).get(pk=photo.pk)
    return name, width, height


@pytest.mark.smoke
def test_save__uploads_once_and_stores_the_reference() -> None:
    photo = Photo(title="The lake", image=a_file())
    with observe_calls() as calls:
        photo.save()
    assert [(call.method, call.path) for call in calls] == [("POST", "/sourceimages/demo")]
    assert stored(photo) == (f"{photo.image.hash}/40x30/lake.png", 40, 30)


def test_save__without_a_change_makes_no_call() -> None:
    photo = Photo.objects.create(image=a_file())
    photo = Photo.objects.get(pk=photo.pk)
    with assert_no_rokka_calls():
        photo.save()
        photo.save()


def test_save__costs_the_queries_of_a_text_column(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        Caption.objects.create(image="lake.png")
    with django_assert_num_queries(1):
        Photo.objects.create(image=a_file())


def test_save__replaces_the_size_with_that_of_the_new_file() -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image = a_file(width=10, height=20)
    photo.save()
    assert stored(photo)[1:] == (10, 20)


def test_save__without_an_image_empties_the_size() -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image = None
    photo.save()
    assert stored(photo) == ("", None, None)


def test_save__of_a_child_with_its_own_table_stores_the_size() -> None:
    portrait = Portrait(person="Ada", image=a_file())
    with observe_calls() as calls:
        portrait.save()
    assert len(calls) == 1
    assert stored(portrait)[1:] == (40, 30)


def test_save__with_update_fields_writes_the_size_that_belongs_to_the_image() -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image = a_file(width=10, height=20)
    photo.save(update_fields=["image"])
    assert stored(photo)[1:] == (10, 20)


def test_save__with_update_fields_of_a_child_writes_the_size_in_the_parents_table() -> None:
    portrait = Portrait.objects.create(image=a_file())
    portrait.image = a_file(width=10, height=20)
    portrait.save(update_fields=["image"])
    assert stored(portrait)[1:] == (10, 20)


def test_save__with_update_fields_of_other_columns_uploads_nothing() -> None:
    photo = Photo.objects.create(image=a_file())
    before = stored(photo)
    photo.title, photo.image = "Changed", a_file(width=10, height=20)
    with assert_no_rokka_calls():
        photo.save(update_fields=["title"])
    assert stored(photo) == before


def test_save__with_update_fields_of_all_three_columns_needs_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image = a_file(width=10, height=20)
    with django_assert_num_queries(1):
        photo.save(update_fields=COLUMNS)
    assert stored(photo)[1:] == (10, 20)


def test_bulk_create__uploads_each_file_once() -> None:
    photos = [Photo(image=a_file(width=10 + n)) for n in range(3)]
    with observe_calls() as calls:
        created = Photo.objects.bulk_create(photos)
    assert len(calls) == 3
    assert [stored(photo)[0] for photo in created] == [photo.image.name for photo in photos]


def test_bulk_create__stores_the_size_of_committed_files() -> None:
    photos = [Photo(image=a_file(width=10 + n)) for n in range(3)]
    for photo in photos:
        photo.image.commit()
    created = Photo.objects.bulk_create(photos)
    assert [stored(photo)[1:] for photo in created] == [(10, 30), (11, 30), (12, 30)]


def test_bulk_create__stores_the_size_in_columns_after_the_image() -> None:
    (created,) = Photo.objects.bulk_create([Photo(image=a_file())])
    assert stored(created)[2] == 30


@pytest.mark.parametrize("kind", ["field file", "file"])
def test_update__with_a_file_that_is_not_uploaded_names_the_remedy(kind: str) -> None:
    photo = Photo.objects.create()
    file = a_file("holiday.jpg")
    value = Photo(image=file).image if kind == "field file" else file
    expected = r"'holiday\.jpg'.*Photo\.image.*obj\.image\.commit"
    with pytest.raises(InvalidReference, match=expected), transaction.atomic():
        Photo.objects.update(image=value)
    assert stored(photo)[0] == ""


def test_bulk_update__with_a_file_that_is_not_uploaded_names_the_remedy() -> None:
    photo = Photo.objects.create()
    photo.image = a_file("holiday.jpg")
    expected = r"obj\.image\.commit\(\) before bulk_update\(\)"
    with pytest.raises(InvalidReference, match=expected), transaction.atomic():
        Photo.objects.bulk_update([photo], ["image"])
    assert stored(photo)[0] == ""


def test_commit__makes_update_and_bulk_update_work() -> None:
    photo = Photo.objects.create()
    photo.image = a_file()
    photo.image.commit()
    Photo.objects.bulk_update([photo], COLUMNS)
    assert stored(photo) == (photo.image.name, 40, 30)
    Photo.objects.update(image="")
    Photo.objects.update(image=photo.image)
    assert stored(photo)[0] == photo.image.name


def test_commit__of_a_committed_or_empty_file_makes_no_call() -> None:
    photo = Photo.objects.create(image=a_file())
    with assert_no_rokka_calls():
        photo.image.commit()
        Photo().image.commit()


def test_loaddata__uploads_nothing(tmp_path: Path) -> None:
    photo = Photo.objects.create(title="The lake", image=a_file())
    before = stored(photo)
    fixture = tmp_path / "photos.json"
    with StringIO() as written:
        call_command("dumpdata", "testapp.photo", stdout=written)
        fixture.write_text(written.getvalue())
    Photo.objects.all().delete()
    with assert_no_rokka_calls():
        call_command("loaddata", str(fixture), verbosity=0)
    assert stored(photo) == before


def test_rollback__leaves_the_row_as_it_was() -> None:
    photo = Photo.objects.create(image=a_file())
    before = stored(photo)
    photo.image = a_file(width=10, height=20)
    with transaction.atomic():
        photo.save()
        transaction.set_rollback(True)
    assert stored(photo) == before


def test_same_bytes__are_one_image_of_two_rows(rokka: RokkaStorage) -> None:
    first, second = (Photo.objects.create(image=a_file(name)) for name in ("a.png", "b.png"))
    assert first.image.hash == second.image.hash
    first.image.delete()
    first.delete()
    second = Photo.objects.get(pk=second.pk)
    with second.image.open() as file:
        assert file.read() == pictures.png()


def test_delete__empties_the_columns() -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image.delete()
    assert not photo.image
    assert stored(photo) in {("", None, None), (None, None, None)}


def test_save__of_a_stored_reference_uploads_nothing() -> None:
    photo = Photo.objects.create(image=a_file())
    with assert_no_rokka_calls():
        copy = Photo.objects.create(image=photo.image.name)
        another = Photo.objects.create(image=photo.image)
    assert stored(copy) == stored(another) == stored(photo)


def test_save__of_a_name_that_climbs_is_refused_before_the_upload() -> None:
    photo = Photo.objects.create()
    with assert_no_rokka_calls(), pytest.raises(SuspiciousFileOperation):
        photo.image.save("../../x.jpg", File(a_file().file))
    assert stored(photo)[0] == ""


def test_save__with_an_impossible_alias_uploads_nothing() -> None:
    leaflet = Leaflet(slug="à la carte", page=a_file())
    with assert_no_rokka_calls(), pytest.raises(ValidationError, match="letters, digits"):
        leaflet.save()
    assert not Leaflet.objects.exists()


@pytest.mark.parametrize(
    ("data", "name", "extension"),
    [
        (pictures.jpeg(), "a.jpg", "jpg"),
        (pictures.png(), "a.jpg", "png"),
        (pictures.gif(frames=3), "a.gif", "gif"),
        (pictures.webp(), "a.webp", "webp"),
        (pictures.avif(), "a.avif", "avif"),
        (pictures.svg(), "a.svg", "svg"),
    ],
)
def test_save__keeps_the_bytes_of_every_format(data: bytes, name: str, extension: str) -> None:
    photo = Photo.objects.create(image=ContentFile(data, name))
    photo = Photo.objects.get(pk=photo.pk)
    with photo.image.open() as file:
        assert file.read() == data
    assert (photo.image_width, photo.image_height) == (40, 30)
    assert photo.image.name == f"{photo.image.hash}/40x30/a.{extension}"


def test_loading__asks_nobody(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    photo = Photo.objects.create(image=a_file())
    Photo.objects.update(image_width=None, image_height=None)
    Brand.objects.create(name="Acme", logo=a_file())
    with assert_no_rokka_calls(), django_assert_num_queries(6):
        list(Photo.objects.all())
        Photo.objects.only("title").get()
        Photo.objects.defer("image").get()
        photo.refresh_from_db()
        photo.image = photo.image.name
        assert photo.image.width == 40
        list(Brand.objects.all())
        assert Photo.objects.only("title").get().title == ""


def test_loading__of_a_deferred_image_is_one_query() -> None:
    Photo.objects.create(image=a_file())
    photo = Photo.objects.defer("image").get()
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        assert photo.image.url
        assert photo.image.width == 40
    assert len(queries) == 1


@isolate_apps("tests.testapp")
def test_assigning__a_file_of_another_storage_uploads_it(tmp_path: Path) -> None:
    class Old(models.Model):
        picture = models.ImageField(storage=FileSystemStorage(tmp_path))

        class Meta:
            app_label = "testapp"

        def __str__(self) -> str:
            return ""

    (tmp_path / "2019").mkdir()
    (tmp_path / "2019" / "lake.png").write_bytes(pictures.png())
    photo = Photo(image=Old(picture="2019/lake.png").picture)
    assert photo.image.url == ""
    photo.save()
    assert stored(photo) == (f"{photo.image.hash}/40x30/lake.png", 40, 30)
    with photo.image.open() as file:
        assert file.read() == pictures.png()
    photo.image = Old().picture
    photo.save()
    assert stored(photo)[1:] == (None, None)


def test_update_or_create__stores_image_and_size() -> None:
    photo, _ = Photo.objects.update_or_create(title="a", defaults={"image": a_file()})
    Photo.objects.update_or_create(title="a", defaults={"image": a_file(width=10, height=20)})
    assert stored(photo)[1:] == (10, 20)


def test_save__into_a_column_without_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Photo.image.field, "max_length", 50)
    with assert_no_rokka_calls(), pytest.raises(SuspiciousFileOperation, match="max_length"):
        Photo.objects.create(image=a_file())


@pytest.mark.parametrize(("option", "size"), [("width_field", 40), ("height_field", 30)])
@isolate_apps("tests.testapp")
def test_size__may_be_kept_in_part(option: str, size: int) -> None:
    options: dict[str, Any] = {option: "size"}

    class Partly(models.Model):
        image = RokkaImage(**options)
        size = models.IntegerField(null=True)

        class Meta:
            app_label = "testapp"

        def __str__(self) -> str:
            return ""

    row = Partly(image=a_file())
    row.image.commit()
    assert row.size == size


def test_assigning__opens_no_file(tmp_path: Path) -> None:
    with (tmp_path / "lake.png").open("wb+") as file:
        file.write(pictures.png())
        file.seek(5)
        photo = Photo(image=File(file, "lake.png"))
        assert photo.image.name == "lake.png"
        assert file.tell() == 5


# From one field to another


@isolate_apps("tests.testapp")
def make_row(**options: Any) -> models.Model:
    class Row(models.Model):
        image = RokkaImage(**options)

        class Meta:
            app_label = "testapp"

        def __str__(self) -> str:
            return ""

    return Row()


def test_assigning__the_image_of_another_field_copies_its_reference() -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file())
    logo = brand.logo
    photo = Photo()
    with assert_no_rokka_calls():
        photo.image = logo
        photo.save()
    assert stored(photo) == (logo.name, 40, 30)
    assert photo.image.field is Photo.image.field
    assert logo.instance is brand


def test_assigning__the_image_of_another_row_leaves_that_row_its_own() -> None:
    photo = Photo.objects.create(image=a_file())
    image = photo.image
    other = Photo(image=image)
    assert (other.image.instance, image.instance) == (other, photo)
    other.image = a_file(width=10, height=20)
    assert photo.image.width == 40


def test_assigning__a_file_that_waits_for_its_upload_lets_both_rows_upload_it() -> None:
    waiting = Brand(name="Acme", logo=a_file())
    photo = Photo(image=waiting.logo)
    photo.save()
    assert stored(photo) == (f"{photo.image.hash}/40x30/lake.png", 40, 30)
    waiting.save()
    assert waiting.logo.hash == photo.image.hash


def test_assigning__the_image_of_another_storage_uploads_it(
    rokka_options: dict[str, Any], tmp_path: Path
) -> None:
    emulator = Emulator(root=tmp_path / "other", organization="other", api_key="k")
    with EmulatorServer(emulator) as other:
        hosts = {"api_host": other.api_host, "render_host": other.render_host}
        storage = RokkaStorage(organization="other", api_key="k", **hosts)
        row: Any = make_row(storage=storage)
        row.image = Photo.objects.create(image=a_file()).image
        assert row.image.url == ""
        row.image.commit()
        assert storage.exists(row.image.name)
        assert row.image.url.startswith(other.render_host.format(organization="other"))
        with row.image.open() as file:
            assert file.read() == pictures.png()
        row.image.close()
        storage.client.close()


# Protection


@pytest.mark.parametrize("kind", ["value", "text"])
def test_protected_field__refuses_a_public_image_before_the_row_is_written(kind: str) -> None:
    public = Photo.objects.create(image=a_file()).image
    contract = Contract(scan=public if kind == "value" else public.name)
    words = r"testapp\.Contract\.scan is protected, but '.*lake\.png' names a public image\. Assign"
    with assert_no_rokka_calls():
        with pytest.raises(InvalidReference, match=words):
            contract.save()
        with pytest.raises(InvalidReference, match=words), transaction.atomic():
            Contract.objects.bulk_create([contract])
    assert not Contract.objects.exists()


def test_protected_field__takes_a_protected_image_and_leaves_a_broken_one_alone() -> None:
    first = Contract.objects.create(scan=a_file())
    second = Contract.objects.create(scan=first.scan)
    assert second.scan.is_protected
    Contract.objects.filter(pk=first.pk).update(scan="holiday.jpg")
    Contract.objects.get(pk=first.pk).save()
    assert Contract.objects.values_list("scan", flat=True).get(pk=first.pk) == "holiday.jpg"


# Aliases that cannot be


def test_save__of_a_stored_image_does_not_mind_an_impossible_alias() -> None:
    leaflet = Leaflet.objects.create(slug="menu", page=a_file())
    Leaflet.objects.update(slug="à la carte")
    with assert_no_rokka_calls():
        Leaflet.objects.get().save()
    assert Leaflet.objects.get().page.hash == leaflet.page.hash


def test_save__of_an_image_copied_under_an_impossible_alias_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    photo = Photo.objects.create(image=a_file())
    with assert_no_rokka_calls():
        Leaflet.objects.create(slug="à la carte", page=photo.image)
    assert "'leaflet_à la carte_page' is no alias name, and rokka would answer" in caplog.text
