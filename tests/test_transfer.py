"""Moving a column's files to rokka, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.exceptions import AuthenticationFailed, InvalidRequest, ReadOnly
from django_rokka.fields import RokkaImage
from django_rokka.models import SourceImage
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.storage.configured import is_own_name
from django_rokka.testing import assert_no_rokka_calls
from django_rokka.transfer import MAX_FAILURES, MoveReport, move_in, move_out

from tests import pictures
from tests.testapp.models import Brand, Contract, Photo, Portrait

pytestmark = pytest.mark.django_db

Configure = Callable[..., RokkaStorage]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
FIELD = cast(RokkaImage, Photo._meta.get_field("image"))
OLD_NAMES = ["2024/Löwe & Co.jpg", f"{HASH}.jpg", f"{HASH}/beach.jpg", "20240315.jpg"]


@pytest.fixture
def home(old: FileSystemStorage, configure: Configure) -> RokkaStorage:
    return configure(fallback="old")


def keep(old: Storage, name: str, *, width: int = 40) -> None:
    assert old.save(name, ContentFile(pictures.jpeg(width=width))) == name


def add(*names: str | None, **columns: Any) -> list[int]:
    """Add rows as another program would: nothing is uploaded."""
    rows = Photo.objects.bulk_create([Photo(title=str(name)) for name in names])
    for row, name in zip(rows, names, strict=True):
        Photo.objects.filter(pk=row.pk).update(image=name or "", **columns)
    return [row.pk for row in rows]


def columns() -> list[str]:
    return list(Photo.objects.order_by("pk").values_list("image", flat=True))


# To rokka


def test_move_in__uploads_what_the_fallback_keeps(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    for number, name in enumerate(OLD_NAMES):
        keep(old, name, width=40 + number)
    add(*OLD_NAMES, "")

    report = move_in(FIELD)

    assert report == MoveReport(moved=4, files=4)
    *moved, empty = Photo.objects.order_by("pk")
    assert empty.image.name == ""
    for number, (photo, name) in enumerate(zip(moved, OLD_NAMES, strict=True)):
        reference = photo.image.reference
        assert is_own_name(str(reference))
        assert (reference.width, reference.height) == (40 + number, 30)
        assert (photo.image_width, photo.image_height) == (40 + number, 30)
        with photo.image.open() as file:
            assert file.read() == pictures.jpeg(width=40 + number)
        assert old.exists(name)  # the sources stay


def test_move_in__names_the_image_as_the_file_was(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, OLD_NAMES[0])
    add(OLD_NAMES[0])

    move_in(FIELD)

    reference = Photo.objects.get().image.reference
    assert reference.slug == "lowe-co"
    assert home.client.source_images.get(reference.hash).name == "Löwe & Co.jpg"


def test_move_in__skips_what_was_moved_before(old: FileSystemStorage, home: RokkaStorage) -> None:
    keep(old, "a.jpg")
    add("a.jpg", f"{HASH}/-_logo_-/lake.jpg", f"{HASH}/9x9/lake.jpg")
    move_in(FIELD)
    before = columns()

    with assert_no_rokka_calls():
        again = move_in(FIELD)

    assert (again, columns()) == (MoveReport(skipped=3), before)


def test_move_in__uploads_a_shared_file_once_in_a_batch(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "a.jpg")
    add("a.jpg", "gone.jpg", "a.jpg", "gone.jpg", "a.jpg")

    with observe_calls() as calls:
        report = move_in(FIELD)

    assert (report.moved, report.files, report.failed) == (3, 1, 2)
    assert len([call for call in calls if call.method == "POST"]) == 1
    assert len({name for name in columns() if name != "gone.jpg"}) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_move_in__goes_through_all_rows_whatever_the_batch(
    old: FileSystemStorage, home: RokkaStorage, size: int
) -> None:
    keep(old, "a.jpg")
    add(*["a.jpg"] * 5)

    assert move_in(FIELD, batch_size=size).moved == 5
    assert all(map(is_own_name, columns()))


def test_move_in__asks_once_for_each_batch(old: FileSystemStorage, home: RokkaStorage) -> None:
    add(*[f"{HASH}/9x9/lake.jpg"] * 6)

    with CaptureQueriesContext(connection) as queries:
        move_in(FIELD, batch_size=2)

    assert len(queries) == 5  # is there one; three batches; no more


def test_move_in__leaves_a_row_that_changed_meanwhile(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "a.jpg")
    (pk,) = add("a.jpg", image_width=7)

    class Slow(FileSystemStorage):
        def open(self, name: str, mode: str = "rb") -> Any:
            Photo.objects.filter(pk=pk).update(image="newer.jpg")
            return super().open(name, mode)

    report = move_in(FIELD, source=Slow(old.location))

    assert report == MoveReport(changed=1, files=1)
    photo = Photo.objects.values("image", "image_width").get()
    assert photo == {"image": "newer.jpg", "image_width": 7}


def test_move_in__tells_what_failed_and_goes_on(old: FileSystemStorage, home: RokkaStorage) -> None:
    old.save("empty.jpg", ContentFile(b""))
    old.save("text.jpg", ContentFile(b"no picture"))
    keep(old, "a.jpg")
    names = ["empty.jpg", "gone.jpg", "../out.jpg", "a.jpg"]
    pks = add(*names)

    report = move_in(FIELD)

    assert (report.moved, report.failed) == (1, 3)
    assert [(failure.pk, failure.name) for failure in report.failures] == list(
        zip(pks[:3], names[:3], strict=True)
    )
    empty, gone, outside = (failure.reason for failure in report.failures)
    assert empty.startswith("EmptyFile: ")
    assert gone.startswith("FileNotFoundError: ")
    assert outside.startswith("SuspiciousFileOperation: ")
    assert columns()[:3] == names[:3]


def test_move_in__tells_what_rokka_refuses(
    old: FileSystemStorage, home: RokkaStorage, server: Any
) -> None:
    for name in ("a.jpg", "b.jpg"):
        keep(old, name, width=len(name) + ord(name[0]))
    add("a.jpg", "b.jpg")
    server.emulator.faults.add(status=400, path="/sourceimages/*", method="POST", times=1)

    report = move_in(FIELD)

    assert (report.moved, report.failed) == (1, 1)
    assert report.failures[0].reason.startswith("InvalidRequest: ")


def test_move_in__is_strict_when_asked_to_be(
    old: FileSystemStorage, home: RokkaStorage, server: Any
) -> None:
    keep(old, "a.jpg")
    add("gone.jpg", "a.jpg")

    with pytest.raises(FileNotFoundError):
        move_in(FIELD, is_strict=True)
    server.emulator.faults.add(status=400, path="/sourceimages/*", method="POST", times=1)
    with pytest.raises(InvalidRequest):
        move_in(FIELD, rows=Photo.objects.filter(image="a.jpg"), is_strict=True)

    assert columns() == ["gone.jpg", "a.jpg"]


@pytest.mark.parametrize(
    ("options", "error"),
    [({"api_key": "wrong" * 8}, AuthenticationFailed), ({"read_only": True}, ReadOnly)],
)
def test_move_in__ends_at_what_no_row_would_escape(
    old: FileSystemStorage,
    configure: Configure,
    options: dict[str, Any],
    error: type[Exception],
) -> None:
    configure(fallback="old", **options)
    keep(old, "a.jpg")
    add("a.jpg", "a.jpg")

    with pytest.raises(error):
        move_in(FIELD)


def test_move_in__holds_no_more_than_some_failures(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    add(*["gone.jpg"] * (MAX_FAILURES + 1))

    report = move_in(FIELD)

    assert (report.failed, len(report.failures)) == (MAX_FAILURES + 1, MAX_FAILURES)


def test_move_in__protects_what_the_field_protects(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "scan.jpg")
    contract = Contract()
    Contract.objects.bulk_create([contract])
    Contract.objects.filter(pk=contract.pk).update(scan="scan.jpg")

    assert move_in(cast(RokkaImage, Contract._meta.get_field("scan"))).moved == 1

    reference = Contract.objects.get().scan.reference
    assert reference.is_protected
    assert home.client.source_images.get(reference.hash).is_protected


@pytest.mark.django_db(transaction=True)
def test_move_in__keeps_an_image_that_rows_had_let_go_of(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "lake.png")
    with old.open("lake.png") as file:
        home.delete(home.save("lake.png", file))
    assert SourceImage.objects.released().count() == 1
    add("lake.png")
    assert move_in(FIELD).moved == 1
    assert not SourceImage.objects.released().exists()


def test_move_in__takes_the_default_storage_without_a_fallback(
    settings: Settings, old: FileSystemStorage, rokka: RokkaStorage
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": settings.STORAGES["old"]}
    keep(old, "a.jpg")
    add("a.jpg")

    assert move_in(FIELD).moved == 1


def test_move_in__from_where_the_files_are_to_go_is_improperly_configured(
    settings: Settings, rokka: RokkaStorage
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": settings.STORAGES["rokka"]}
    add("a.jpg")

    with pytest.raises(ImproperlyConfigured, match="Set the option fallback of its storage"):
        move_in(FIELD)


def test_move_in__without_rows_needs_no_settings(settings: Settings) -> None:
    settings.STORAGES = {"default": settings.STORAGES["default"]}
    add("", None)

    assert move_in(FIELD) == move_out(FIELD, target=storages["default"]) == MoveReport()


def test_move_in__takes_some_rows(old: FileSystemStorage, home: RokkaStorage) -> None:
    keep(old, "a.jpg")
    add("a.jpg", "a.jpg", "a.jpg")
    last = Photo.objects.order_by("-pk")[0]

    report = move_in(FIELD, rows=Photo.objects.exclude(pk=last.pk).order_by("-title"))

    assert report.moved == 2
    assert columns()[2] == "a.jpg"


def test_move_in__takes_rows_of_the_table_with_the_column(home: RokkaStorage) -> None:
    with pytest.raises(ValueError, match=r"are of testapp\.Portrait, must be of testapp\.Photo"):
        move_in(FIELD, rows=Portrait.objects.all())


def test_move_in__moves_the_rows_of_children(old: FileSystemStorage, home: RokkaStorage) -> None:
    keep(old, "a.jpg")
    portrait = Portrait.objects.create(person="Ada")
    Photo.objects.update(image="a.jpg")

    assert move_in(cast(RokkaImage, Portrait._meta.get_field("image"))).moved == 1

    portrait.refresh_from_db()
    assert portrait.image.width == 40


def test_move_in__keeps_a_known_size_where_rokka_measures_none(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    old.save("plan.pdf", ContentFile(b"%PDF-1.4\n%%EOF\n"))
    add("plan.pdf", image_width=210, image_height=297)

    move_in(FIELD)

    photo = Photo.objects.get()
    assert not photo.image.reference.has_size
    assert (photo.image_width, photo.image_height) == (210, 297)
    assert move_in(FIELD) == MoveReport(skipped=1)


def test_move_in__fits_the_reference_into_the_column(
    old: FileSystemStorage, home: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{'long' * 15}.jpg"
    keep(old, name)
    add(name)
    monkeypatch.setattr(FIELD, "max_length", 80)

    move_in(FIELD)

    assert len(columns()[0]) == 80
    assert ImageReference.parse(columns()[0]).width == 40


def test_report__is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        MoveReport().moved = 1  # type: ignore[misc]  # the claim


# And back


def test_move_out__saves_the_originals_under_names_of_their_own(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    photos = [
        Photo.objects.create(image=ContentFile(pictures.jpeg(width=width), "Lake.jpg"))
        for width in (40, 50)
    ]
    hashes = [photo.image.hash for photo in photos]

    report = move_out(FIELD, target=old, upload_to="photos")

    assert report == MoveReport(moved=2, files=2)
    assert columns() == [f"photos/lake-{known[:12]}.jpg" for known in hashes]
    for width, name in zip((40, 50), columns(), strict=True):
        assert Path(old.path(name)).read_bytes() == pictures.jpeg(width=width)
    assert [home.client.source_images.get(known).hash for known in hashes] == hashes
    assert list(Photo.objects.order_by("pk").values_list("image_width", flat=True)) == [40, 50]


def test_move_out__gives_each_row_a_file_of_its_own(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    image = Photo.objects.create(image=ContentFile(pictures.jpeg(), "a.jpg")).image.name
    add(image)

    assert move_out(FIELD, target=old) == MoveReport(moved=2, files=2)
    assert len(set(columns())) == 2


def test_move_out__asks_upload_to_for_a_folder(old: FileSystemStorage, home: RokkaStorage) -> None:
    Photo.objects.create(title="lakes", image=ContentFile(pictures.jpeg(), "a.jpg"))

    move_out(FIELD, target=old, upload_to=lambda photo, name: f"{photo.title}/{name}")

    assert columns()[0].startswith("lakes/a-")


def test_move_out__leaves_the_names_of_files(old: FileSystemStorage, home: RokkaStorage) -> None:
    for name in OLD_NAMES:
        keep(old, name)
    add(*OLD_NAMES)

    with assert_no_rokka_calls():
        assert move_out(FIELD, target=old) == MoveReport(skipped=4)

    assert columns() == OLD_NAMES


def test_move_out__takes_a_hash_alone_for_an_image_where_there_is_no_such_file(
    old: FileSystemStorage, rokka: RokkaStorage
) -> None:
    known = Photo.objects.create(image=ContentFile(pictures.jpeg(), "a.jpg")).image.hash
    Photo.objects.update(image=f"{known}.jpg")

    assert move_out(FIELD, target=old).moved == 1
    assert columns() == [f"image-{known[:12]}.jpg"]


def test_move_out__tells_what_rokka_does_not_have(
    old: FileSystemStorage, home: RokkaStorage
) -> None:
    name = f"{HASH}/9x9/lake.jpg"
    add(name)

    report = move_out(FIELD, target=old)

    assert (report.failed, report.files) == (1, 0)
    assert report.failures[0].reason.startswith("FileNotFoundError: ")
    assert columns() == [name]


def test_moves__there_and_back_keep_every_byte(old: FileSystemStorage, home: RokkaStorage) -> None:
    field = cast(RokkaImage, Brand._meta.get_field("logo"))
    keep(old, "acme.jpg")
    brand = Brand(name="Acme")
    Brand.objects.bulk_create([brand])
    Brand.objects.filter(pk=brand.pk).update(logo="acme.jpg")

    move_in(field)
    move_out(field, target=old)

    name = Brand.objects.values_list("logo", flat=True).get()
    assert Path(old.path(name)).read_bytes() == pictures.jpeg()
