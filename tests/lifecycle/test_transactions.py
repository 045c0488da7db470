"""What is rolled back has not happened, in whatever order it was done."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)


def replace(photo: Photo, colour: str) -> str:
    photo.image = a_file(colour)
    photo.save()
    return str(photo.image.hash)


def test_commit__is_when_images_are_kept_and_released(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    with transaction.atomic():
        new = replace(photo, "teal")
        assert (mirror.kept, mirror.released) == ({old}, set())
    assert (mirror.kept, mirror.released) == ({new}, {old})


def test_rollback__leaves_the_old_image_kept_and_the_new_one_unreferenced(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    with transaction.atomic():
        replace(photo, "teal")
        transaction.set_rollback(True)
    assert Photo.objects.get().image.hash == old
    assert (mirror.kept, mirror.released) == ({old}, set())


def test_save_again__after_a_rollback_does_all_of_it(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    with transaction.atomic():
        new = replace(photo, "teal")
        transaction.set_rollback(True)
    photo.save()
    assert Photo.objects.get().image.hash == new
    assert (mirror.kept, mirror.released) == ({new}, {old})


def test_taking_the_old_image_again__after_a_rollback_releases_it_not(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    name = photo.image.name or ""
    old = photo.image.hash
    with transaction.atomic():
        replace(photo, "teal")
        transaction.set_rollback(True)
    photo.image = name
    photo.save()
    assert mirror.kept == {old}
    assert old not in mirror.released


def test_savepoint__that_is_rolled_back_leaves_what_was_before_it(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    with transaction.atomic():
        first = replace(photo, "teal")
        with transaction.atomic():
            replace(photo, "navy")
            transaction.set_rollback(True)
    assert Photo.objects.get().image.hash == first
    assert (mirror.kept, mirror.released) == ({first}, {old})
    third = replace(photo, "gold")
    assert mirror.kept == {third}
    assert {old, first} <= mirror.released


def test_savepoint__that_is_released_counts_with_the_rest(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    with transaction.atomic():
        with transaction.atomic():
            first = replace(photo, "teal")
        second = replace(photo, "navy")
    assert (mirror.kept, mirror.released) == ({second}, {old, first})
    assert replace(photo, "gold") in mirror.kept
    assert mirror.released == {old, first, second}


def test_there_and_back__in_one_transaction_releases_what_was_between(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    name = photo.image.name or ""
    old = photo.image.hash
    with transaction.atomic():
        between = replace(photo, "teal")
        photo.image = name
        photo.save()
    assert (mirror.kept, mirror.released) == ({old}, {between})


def test_object_assigned_between_save_and_commit__knows_what_the_column_holds(
    mirror: Mirror,
) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    with transaction.atomic():
        first = replace(photo, "teal")
        photo.image = a_file("navy")
    assert (mirror.kept, mirror.released) == ({first}, {old})
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old, first})


def test_new_row__that_is_rolled_back_and_saved_again_is_kept(mirror: Mirror) -> None:
    photo = Photo(image=a_file())
    with transaction.atomic():
        photo.save()
        transaction.set_rollback(True)
    assert (mirror.kept, mirror.released) == (set(), set())
    photo.save()
    assert mirror.kept == {photo.image.hash}


def test_transactions_by_hand__save_rows_too(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    transaction.set_autocommit(False)
    try:
        new = replace(photo, "teal")
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    assert Photo.objects.get().image.hash == new
    assert (mirror.kept, mirror.released) == ({new}, {old})


def test_transactions_by_hand__survive_what_fails_before_the_commit(
    mirror: Mirror, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(execute: Any, sql: str, *args: Any) -> Any:
        # As without its migration; by the database, so that a transaction notices.
        return execute(sql.replace("django_rokka_sourceimage", "django_rokka_nothing"), *args)

    transaction.set_autocommit(False)
    try:
        with connection.execute_wrapper(fail):
            photo = Photo.objects.create(image=a_file())
            photo.title = "The lake"
            photo.save()
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    assert Photo.objects.get().title == "The lake"
    assert [record.name for record in caplog.records] == ["django_rokka.receivers"] * 2
    assert "record failed, before a commit by hand." in caplog.records[0].getMessage()
    assert "django_rokka_nothing" in caplog.text
