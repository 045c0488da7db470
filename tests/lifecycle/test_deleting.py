"""Rows with images are deleted."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Album, AlbumPage, Caption, Photo, Spread, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.smoke
def test_delete__of_a_row_releases_its_image_and_asks_nobody(
    mirror: Mirror, rokka: RokkaStorage
) -> None:
    photo = Photo.objects.create(image=a_file())
    with assert_no_rokka_calls():
        photo.delete()
    assert mirror.released == {photo.image.hash}
    assert rokka.exists(photo.image.name or "")


def test_delete__of_a_row_is_released_on_commit(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    with transaction.atomic():
        photo.delete()
        assert mirror.released == set()
    assert mirror.released == {photo.image.hash}


def test_delete__that_is_rolled_back_releases_nothing(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    with transaction.atomic():
        photo.delete()
        transaction.set_rollback(True)
    assert mirror.released == set()


def test_delete__of_a_queryset_releases_all(mirror: Mirror) -> None:
    photos = [Photo.objects.create(image=a_file(colour)) for colour in ("red", "teal")]
    Photo.objects.all().delete()
    assert mirror.released == {photo.image.hash for photo in photos}


def test_delete__that_cascades_releases_what_it_reaches(mirror: Mirror) -> None:
    album = Album.objects.create(title="Lakes", cover=a_file())
    page = AlbumPage.objects.create(album=album, picture=a_file("teal"))
    album.delete()
    assert mirror.released == {album.cover.hash, page.picture.hash}


def test_delete__releases_what_the_column_holds_and_not_what_was_assigned(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image = a_file("teal")
    photo.image.commit()
    photo.delete()
    assert mirror.released == {old}


def test_delete__of_a_row_with_one_image_twice_releases_it(mirror: Mirror) -> None:
    spread = Spread.objects.create(left=a_file(), right=a_file())
    spread.delete()
    assert mirror.released == {spread.left.hash}


def test_delete__of_rows_without_images_is_as_fast_as_before(mirror: Mirror) -> None:
    Caption.objects.create()
    with CaptureQueriesContext(connection) as queries:
        Caption.objects.all().delete()
    sent = [query["sql"] for query in queries if "testapp_caption" in query["sql"]]
    assert [text.split()[0] for text in sent] == ["DELETE"]


def test_delete__by_the_database_breaks_nothing(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    ticket = Ticket.objects.create(photo_id=photo.pk, stub=a_file("teal"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM testapp_ticket")
    photo.delete()
    assert mirror.released == {photo.image.hash}
    assert mirror.kept == {ticket.stub.hash}


def test_storage_delete__of_a_name_marks_it(mirror: Mirror, rokka: RokkaStorage) -> None:
    photo = Photo.objects.create(image=a_file())
    rokka.delete(photo.image.name or "")
    assert mirror.released == {photo.image.hash}
    assert rokka.exists(photo.image.name or "")
