"""An image is taken out of its row."""

from __future__ import annotations

import pytest
from django.db import transaction

from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("empty", ["", None])
def test_clearing__releases_when_it_is_saved(mirror: Mirror, empty: str | None) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image = empty
    assert mirror.released == set()
    with assert_no_rokka_calls():
        photo.save()
    assert mirror.released == {old}


def test_clearing__and_taking_it_back_releases_nothing(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    name = photo.image.name
    photo.image = ""
    photo.image = name
    photo.save()
    assert mirror.released == set()


def test_delete_of_the_value__releases_on_commit_and_not_before(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    with transaction.atomic():
        photo.image.delete()
        assert mirror.released == set()
    assert mirror.released == {old}
    assert not Photo.objects.get().image


def test_delete_of_the_value__without_save_releases_with_the_next_save(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image.delete(save=False)
    assert not photo.image
    assert mirror.released == set()
    photo.save()
    assert mirror.released == {old}


def test_delete_of_the_value__is_undone_by_a_rollback(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    with transaction.atomic():
        photo.image.delete()
        transaction.set_rollback(True)
    assert mirror.released == set()
    assert Photo.objects.get().image


def test_delete_of_the_value__closes_what_was_open(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    file = photo.image.open()
    file.read(1)
    photo.image.delete()
    assert file.closed


def test_clearing__an_image_that_another_row_has_leaves_it_there(mirror: Mirror) -> None:
    first, second = (Photo.objects.create(image=a_file()) for _ in range(2))
    first.image.delete()
    # A mark alone: whether anything else refers to it is the collector's question.
    assert mirror.released == {second.image.hash}
    with second.image.open() as file:
        assert file.read() == a_file().read()
