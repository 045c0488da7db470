"""What has hurt users of other image packages when rows are written, and does not here.

The numbers are those of a survey of issue trackers, which has some pains without a number too;
each name tells its story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper

from django_rokka.collector import collect
from django_rokka.emulator import EmulatorServer
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.collector.conftest import is_deleted
from tests.collector.test_deleting import C1, NOTE_DELETED, at_statement, sweep
from tests.lifecycle.mirror import Mirror, a_file
from tests.pages import fetch_picture
from tests.testapp.models import Album, Photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def long_ago(server: EmulatorServer) -> None:
    """Have everything uploaded days ago, so that a collector may delete it."""
    server.emulator.clock.advance(-timedelta(days=2).total_seconds())


@pytest.fixture
def other(transactional_db: None, tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """Another database, which has tables for photos."""
    own = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "other", "OPTIONS": {}}
    settings = {**connections.settings["default"], **own}
    database: BaseDatabaseWrapper = DatabaseWrapper(settings, "other")
    database.connect()  # first: Django's tests let nobody connect to what the settings name
    connections.settings["other"], connections["other"] = settings, database
    with database.schema_editor() as editor:
        editor.create_model(Photo)
        for relation in Photo._meta.related_objects:  # whose rows go with a photo's
            editor.create_model(relation.related_model)
    yield database
    del connections["other"], connections.settings["other"]
    database.close()


def a_photo(colour: str = "tomato") -> Photo:
    photo: Photo = Photo.objects.create(title="Lake", image=a_file(colour))
    return photo


def replace(photo: Photo) -> None:
    photo.image = a_file("teal")
    photo.save()


def clear(photo: Photo) -> None:
    photo.image.delete()


def remove(photo: Photo) -> None:
    photo.delete()


# Data loss


def test_pain_4__a_replaced_image_goes_on_rendering_for_pages_in_caches(
    mirror: Mirror, long_ago: None
) -> None:
    photo = a_photo()
    url = photo.image.url
    replace(photo)
    report = collect(delete=True, is_exclusive=True)
    assert (report.unreferenced_count, report.deleted) == (1, 0)
    assert fetch_picture(url).size == (40, 30)


def test_pain_4__a_row_that_takes_a_deleted_image_again_has_it_restored(
    mirror: Mirror, long_ago: None, rokka: RokkaStorage
) -> None:
    photo = a_photo()
    old = photo.image.reference
    replace(photo)
    assert sweep().deleted == 1
    assert is_deleted(rokka, old)
    photo.image = str(old)
    photo.save()
    assert fetch_picture(photo.image.url).size == (40, 30)


@pytest.mark.parametrize("name", ["lake.png", "another-name.png"])
def test_pain_5__the_same_file_again_is_no_replacement_that_could_be_cleaned_up(
    mirror: Mirror, long_ago: None, name: str
) -> None:
    old = a_photo().image.hash
    photo = Photo.objects.get()
    photo.image = a_file(name=name)
    photo.save()
    assert (mirror.kept, mirror.released) == ({old}, set())
    assert sweep().deleted == 0
    assert fetch_picture(photo.image.url).size == (40, 30)


@pytest.mark.parametrize("moment", [C1, NOTE_DELETED], ids=["before", "after"])
@pytest.mark.parametrize("has_bytes", [True, False], ids=["upload", "reference"])
def test_pain_6__an_image_that_is_used_again_around_its_deletion_is_there(
    mirror: Mirror,
    long_ago: None,
    moment: str,
    has_bytes: bool,  # noqa: FBT001  # a parameter
) -> None:
    photo = a_photo()
    name = str(photo.image)
    photo.delete()
    again = a_file() if has_bytes else name
    with at_statement(moment, lambda: Album.objects.create(title="Lakes", cover=again)):
        report = sweep()
    cover = Album.objects.get().cover
    assert (cover.hash, report.deleted) == (photo.image.hash, 0)
    assert fetch_picture(cover.url).size == (40, 30)
    assert mirror.kept == {cover.hash}


def test_pain_6__an_image_that_an_old_object_writes_back_is_restored_by_the_next_collection(
    mirror: Mirror, long_ago: None, rokka: RokkaStorage
) -> None:
    photo = a_photo()
    replace(Photo.objects.get())
    assert sweep().deleted == 1
    photo.title = "Shore"
    photo.save()  # all columns, as they were before
    assert collect().missing_count == 0
    assert not is_deleted(rokka, photo.image.reference)
    assert fetch_picture(Photo.objects.get().image.url).size == (40, 30)


@pytest.mark.parametrize("act", [replace, clear, remove])
def test_pain_7__what_is_rolled_back_releases_nothing(
    mirror: Mirror, act: Callable[[Photo], None]
) -> None:
    photo = a_photo()
    old = photo.image.hash
    with transaction.atomic():
        act(photo)
        transaction.set_rollback(True)
    assert mirror.released == set()
    assert Photo.objects.get().image.hash == old


@pytest.mark.parametrize("act", [replace, clear, remove])
def test_pain_7__an_image_is_released_by_the_commit_of_the_rows_own_database(
    mirror: Mirror, other: BaseDatabaseWrapper, act: Callable[[Photo], None]
) -> None:
    photo = Photo(image=a_file())
    photo.save(using="other")
    old = photo.image.hash
    with transaction.atomic(using="other"):
        with transaction.atomic(using="default"):
            act(photo)
        assert mirror.released == set()  # the commit of a database in which the row is not
    assert mirror.released == {old}


def test_pain_7__a_rollback_of_the_rows_own_database_is_one_whatever_else_is_committed(
    mirror: Mirror, other: BaseDatabaseWrapper
) -> None:
    photo = Photo(image=a_file())
    photo.save(using="other")
    with transaction.atomic(using="default"), transaction.atomic(using="other"):
        replace(photo)
        transaction.set_rollback(True, using="other")
    assert mirror.released == set()


def test_pain_8__an_image_outlives_a_new_one_that_does_not_pass_validation(
    mirror: Mirror,
) -> None:
    photo = a_photo()
    old = photo.image.hash
    edited = Photo.objects.get()
    edited.title, edited.image = "x" * 101, a_file("teal")
    with pytest.raises(ValidationError), assert_no_rokka_calls():
        edited.full_clean()
    assert (mirror.kept, mirror.released) == ({old}, set())
    assert Photo.objects.get().image.hash == old
    assert fetch_picture(photo.image.url).size == (40, 30)


def test_pain_8__an_image_outlives_a_new_one_that_the_database_refuses(mirror: Mirror) -> None:
    Album.objects.create(title="Lakes")
    album = Album.objects.create(title="Hills", cover=a_file())
    old = album.cover.hash
    album.title, album.cover = "Lakes", a_file("teal")
    with pytest.raises(IntegrityError):
        album.save()
    assert (mirror.kept, mirror.released) == ({old, album.cover.hash}, set())
    assert Album.objects.get(title="Hills").cover.hash == old


def test_pain_15__an_upload_that_was_rolled_back_is_named_by_the_report(
    mirror: Mirror, server: EmulatorServer
) -> None:
    kept = a_photo()
    with suppress(RuntimeError), transaction.atomic():
        photo = a_photo("teal")
        raise RuntimeError
    server.emulator.clock.advance(60)  # lists at rokka lag
    report = collect()
    assert [image.hash for image in report.unreferenced] == [photo.image.hash]
    assert [image.name for image in report.unreferenced] == ["lake.png"]
    assert fetch_picture(kept.image.url).size == (40, 30)


def bulk_update(photo: Photo, new: Any) -> None:
    photo.image = new
    Photo.objects.bulk_update([photo], ["image"])


def update(photo: Photo, new: Any) -> None:
    Photo.objects.update(image=new)


def delete_without_signals(photo: Photo, new: Any) -> None:
    Album.objects.bulk_create([Album(title="Lakes", cover=new)])
    Photo.objects.all()._raw_delete(using="default")


def delete_as_a_cascade_of_the_database_does(photo: Photo, new: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO testapp_album (title, cover) VALUES ('Lakes', %s)", [str(new)])
        cursor.execute("DELETE FROM testapp_photo")


@pytest.mark.parametrize(
    "write",
    [bulk_update, update, delete_without_signals, delete_as_a_cascade_of_the_database_does],
)
def test_pain_16__what_sends_no_signal_is_found_by_the_collector(
    mirror: Mirror,
    long_ago: None,
    rokka: RokkaStorage,
    write: Callable[[Photo, Any], None],
) -> None:
    photo = a_photo()
    old = photo.image.reference
    new = rokka.upload("teal.png", a_file("teal"))
    write(photo, str(new))
    assert mirror.released == set()
    assert [image.hash for image in collect().unreferenced] == [old.hash]
    assert sweep().deleted == 1
    assert (is_deleted(rokka, old), is_deleted(rokka, new)) == (True, False)


# Correctness


def test_pain_39__no_pile_of_old_crops_is_left(
    mirror: Mirror, long_ago: None, rokka: RokkaStorage
) -> None:
    photo = Photo.objects.create(image=a_file())
    for x in (10, 20, 38):
        photo.image.set_subject_area(x=x, y=15)
    photo.save()
    assert sweep().deleted == 3
    assert [image.hash for image in rokka.client.source_images.iter()] == [photo.image.hash]
    assert fetch_picture(photo.image.url).size == (40, 30)
