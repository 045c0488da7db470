"""A project with ``USE_TZ = False``: rokka's dates are aware, and those of its database are not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from pytest_django import Settings

from django_rokka import library
from django_rokka.collector import collect
from django_rokka.emulator import EmulatorServer
from django_rokka.fields import RokkaImage
from django_rokka.models import LibrarySync, SourceImage
from django_rokka.storage import RokkaStorage
from django_rokka.transfer import move_in

from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_time_zones(settings: Settings) -> None:
    settings.USE_TZ = False


def is_of_now(moment: datetime | None) -> bool:
    return moment is not None and abs(timezone.now() - moment) < timedelta(minutes=1)


def test_save__keeps_the_new_image_and_releases_the_one_before(
    mirror: Mirror, caplog: pytest.LogCaptureFixture
) -> None:
    photo = Photo.objects.create(image=a_file())
    before = photo.image.hash
    photo.image = a_file("navy")
    photo.save()
    assert mirror.kept == {photo.image.hash}
    assert mirror.released == {before}
    assert is_of_now(SourceImage.objects.get(hash=before).created)
    assert caplog.records == []


def test_sync__takes_all_and_goes_on_where_it_was(mirror: Mirror, rokka: RokkaStorage) -> None:
    Photo.objects.create(image=a_file())
    gone = rokka.upload("gone.png", a_file("navy"))
    rokka.client.source_images.delete(gone.hash)
    library.sync(rokka)
    assert is_of_now(SourceImage.objects.get(hash=gone.hash).deleted_at)
    LibrarySync.objects.update(finished=None)
    report = library.sync(rokka)
    assert report.is_resumed
    assert report.seen == 1


def test_collection__deletes_what_is_old(
    mirror: Mirror, rokka: RokkaStorage, server: EmulatorServer
) -> None:
    photo = Photo.objects.create(image=a_file())
    server.emulator.clock.advance(-timedelta(days=2).total_seconds())
    old = rokka.upload("old.png", a_file("navy"))
    server.emulator.clock.reset()
    young = rokka.upload("young.png", a_file("gold"))
    report = collect(rokka, delete=True, grace=timedelta(0), is_exclusive=True)
    assert (report.deleted, report.failed) == (1, ())
    alive = set(SourceImage.objects.alive().values_list("hash", flat=True))
    assert alive == {photo.image.hash, young.hash}
    assert old.hash not in alive


def test_move_in__moves_the_rows(mirror: Mirror, rokka: RokkaStorage, tmp_path: Path) -> None:
    source = FileSystemStorage(tmp_path)
    source.save("lake.png", ContentFile(a_file().read()))
    Photo.objects.bulk_create([Photo()])
    Photo.objects.update(image="lake.png")
    report = move_in(cast(RokkaImage, Photo._meta.get_field("image")), source=source)
    assert (report.moved, report.failures) == (1, ())
    assert mirror.kept == {Photo.objects.get().image.hash}
