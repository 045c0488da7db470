"""Writes that send no signals: nothing is lost by them, and nothing is released in error."""

from __future__ import annotations

import pytest
from django.db import connection

from django_rokka.client import observe_calls

from tests.lifecycle.mirror import Mirror, a_file, list_requests
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)


def test_bulk_create__uploads_and_records_the_images(mirror: Mirror) -> None:
    with observe_calls() as calls:
        photos = Photo.objects.bulk_create(
            [Photo(image=a_file(colour)) for colour in ("red", "teal")]
        )
    assert list_requests(calls) == [("POST", "/sourceimages/demo")] * 2
    # No row is known to refer to them, but somebody wants them: a scan finds out.
    assert (mirror.kept, mirror.released) == ({photo.image.hash for photo in photos}, set())


def test_object_of_bulk_create__knows_later_what_it_replaces(mirror: Mirror) -> None:
    (photo,) = Photo.objects.bulk_create([Photo(image=a_file())])
    old = photo.image.hash
    photo.image = a_file("teal")
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


def test_update__releases_nothing(mirror: Mirror) -> None:
    old = Photo.objects.create(image=a_file()).image.hash
    Photo.objects.update(image="")
    assert (mirror.kept, mirror.released) == ({old}, set())


def test_bulk_update__of_an_uploaded_file_writes_it(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image = a_file("teal")
    photo.image.commit()
    Photo.objects.bulk_update([photo], ["image"])
    assert Photo.objects.get().image.hash == photo.image.hash
    assert mirror.released == set()


def test_sql__breaks_nothing(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE testapp_photo SET image = ''")
    photo.title = "Still here"
    photo.save()
    assert Photo.objects.get().image.hash == photo.image.hash
    assert mirror.released == set()
