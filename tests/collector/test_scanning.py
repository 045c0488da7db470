"""What a collection finds, restores and marks; nothing is deleted here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from django_rokka.client import observe_calls
from django_rokka.collector import MissingImage, collect
from django_rokka.emulator import EmulatorServer
from django_rokka.library import release
from django_rokka.models import SourceImage
from django_rokka.storage import RokkaStorage

from tests.collector.conftest import Upload, get_row, is_deleted
from tests.testapp.models import Photo
from tests.testapp.scanned import Article

pytestmark = pytest.mark.django_db

GONE = f"{'d' * 40}/40x30/gone.png"
YEAR = timedelta(days=365)


def a_photo(name: object) -> Photo:
    """Write a row past all signals."""
    photo = Photo(image=str(name))
    Photo.objects.bulk_create([photo])
    return photo


def test_unreferenced__are_named_and_nothing_else(rokka: RokkaStorage, upload: Upload) -> None:
    red, green, blue = (upload(colour) for colour in ("red", "green", "blue"))
    a_photo(red)
    report = collect()
    assert [image.hash for image in report.unreferenced] == [blue.hash, green.hash]
    assert (report.referenced, report.unreferenced_count, report.released) == (1, 2, 2)
    assert (report.organization, report.deletes, report.deleted) == ("demo", False, 0)
    again = collect()
    assert (again.referenced, again.unreferenced_count, again.released) == (1, 2, 0)


def test_grace_period__begins_with_the_first_scan_and_not_with_a_signal(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    for scanned_at in (None, timezone.now() - 2 * YEAR):
        SourceImage.objects.update(released_at=timezone.now() - YEAR, scanned_at=scanned_at)
        report = collect(sync=False)
        row = get_row(red)
        assert row.released_at == row.scanned_at == report.started
        assert (report.released, report.due) == (1, 0)
    later = collect(sync=False)
    row = get_row(red)
    assert (row.released_at, row.scanned_at) == (report.started, later.started)


def test_image__that_is_used_again_is_released_no_more(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload()
    assert collect().unreferenced_count == 1
    photo = a_photo(red)
    report = collect()
    assert report.unreferenced_count == 0
    assert get_row(red).released_at is None
    photo.delete()
    release(rokka, [red])
    assert collect().released == 1


def test_scan__leaves_what_a_later_one_has_written(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload()
    later = timezone.now() + timedelta(minutes=5)
    SourceImage.objects.update(scanned_at=later, released_at=None)
    a_photo(red)
    collect(sync=False)
    assert get_row(red).scanned_at == later
    Photo.objects.all().delete()
    SourceImage.objects.update(scanned_at=later, released_at=None)
    assert collect(sync=False).released == 0
    assert get_row(red).scanned_at == later


def test_locked_image__counts_as_referred_to(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload()
    SourceImage.objects.update(released_at=timezone.now() - YEAR, scanned_at=F("released_at"))
    rokka.client.source_images.set_locked(red.hash, True)
    report = collect()
    assert (report.unreferenced_count, get_row(red).released_at) == (0, None)


@pytest.mark.parametrize("name", ["{hash}.jpg", "{hash:.8}/lake.jpg"])
def test_text__with_a_hash_keeps_the_image(rokka: RokkaStorage, upload: Upload, name: str) -> None:
    red, green = upload("red"), upload("green")
    url = name.format(hash=red.hash)
    Article.objects.create(body=f'<img src="https://demo.rokka.io/thumb/{url}">')
    rokka.client.source_images.delete(red.hash)
    report = collect()
    assert [image.hash for image in report.unreferenced] == [green.hash]
    assert (report.restored, is_deleted(rokka, red)) == (1, False)


def test_deleted_image__that_a_row_refers_to_is_restored(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    a_photo(red)
    collect()
    rokka.client.source_images.delete(red.hash)
    report = collect()
    assert (report.restored, report.missing_count, is_deleted(rokka, red)) == (1, 0, False)
    assert (get_row(red).deleted_at, get_row(red).released_at) == (None, None)
    assert collect().restored == 0


def test_image__that_the_mirror_does_not_know_is_asked_for(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red, green = upload("red"), upload("green")
    SourceImage.objects.all().delete()
    rokka.client.source_images.delete(green.hash)
    a_photo(red)
    a_photo(green)
    report = collect(sync=False)
    assert (report.restored, report.referenced, report.unreferenced_count) == (1, 2, 0)
    assert not is_deleted(rokka, green)


def test_image__that_is_gone_is_missing_and_asked_for_once(rokka: RokkaStorage) -> None:
    rows = [a_photo(GONE) for _ in range(103)]
    a_photo("holiday.jpg")
    with observe_calls() as calls:
        report = collect(sync=False)
    first = MissingImage(column="testapp.Photo.image", pk=rows[0].pk, hash="d" * 40)
    assert (report.missing_count, len(report.missing), report.missing[0]) == (103, 100, first)
    assert report.broken == 1
    assert [call.method for call in calls] == ["GET", "GET", "POST"]  # stacks, then the image


def test_text__with_a_hash_that_rokka_does_not_have_is_not_missing(rokka: RokkaStorage) -> None:
    Article.objects.create(body=f"checksum: {'d' * 40}")
    with observe_calls() as calls:
        assert collect(sync=False).missing_count == 0
    assert [call.path for call in calls] == ["/stacks/demo"]


def test_environment__marks_what_it_refers_to_and_nothing_else(
    rokka: RokkaStorage, upload: Upload, configure: Callable[..., RokkaStorage]
) -> None:
    red, green = upload("red"), upload("green")
    a_photo(red)
    storage = configure(environment="production")
    assert collect(storage).marked == 1
    assert collect(storage).marked == 0
    images = storage.client.source_images
    mark = {"django_rokka_env_production": "production"}
    assert images.get(red.hash).user_metadata == mark
    assert images.get(green.hash).user_metadata == {}
    assert get_row(red).user_metadata == mark


def test_mark__of_an_image_that_was_deleted_meanwhile_restores_it(
    rokka: RokkaStorage, upload: Upload, configure: Callable[..., RokkaStorage]
) -> None:
    red = upload()
    a_photo(red)
    rokka.client.source_images.delete(red.hash)
    storage = configure(environment="production")
    report = collect(storage, sync=False)
    assert (report.restored, report.marked, is_deleted(storage, red)) == (1, 1, False)


def test_read_only__storage_writes_nothing_at_rokka(
    rokka: RokkaStorage, upload: Upload, configure: Callable[..., RokkaStorage]
) -> None:
    red, green = upload("red"), upload("green")
    a_photo(red)
    a_photo(green)
    rokka.client.source_images.delete(red.hash)
    storage = configure(environment="staging", read_only=True)
    with observe_calls() as calls:
        report = collect(storage)
    assert {call.method for call in calls} == {"GET"}
    assert report.unreferenced_count == 0
    assert [failure.hash for failure in report.failed] == [red.hash]
    assert "read_only" in str(report)


def test_outage__while_restoring_is_reported_and_made_good_by_the_next_run(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    red = upload()
    a_photo(red)
    rokka.client.source_images.delete(red.hash)
    server.emulator.faults.add(method="POST", path="restore", status=429)
    report = collect()
    assert report.restored == 0
    assert [failure.hash for failure in report.failed] == [red.hash]
    assert report.stopped
    assert "Stopped early" in str(report)
    assert collect().restored == 1


def test_report__is_readable(rokka: RokkaStorage, upload: Upload) -> None:
    red, _ = upload("red"), upload("green")
    a_photo(red)
    row = a_photo(GONE)
    a_photo("holiday.jpg")
    report = collect()
    assert str(report).splitlines() == [
        f"Organization demo: scanned {report.columns} columns.",
        "1 image referred to, 1 not (1 new, 0 due to delete).",
        "0 restored, 0 marked, 0 unmarked, 0 deleted.",
        "1 name in image columns that are no reference.",
        "1 missing from rokka:",
        f"  testapp.Photo.image, the row {row.pk}: {'d' * 40}",
    ]
