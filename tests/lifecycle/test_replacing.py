"""An image takes the place of another one."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_rokka.client import observe_calls
from django_rokka.exceptions import UploadFailed
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import Mirror, a_file, list_requests
from tests.testapp.models import Album, Caption, Photo, Spread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.smoke
def test_replacing__keeps_the_new_image_and_releases_the_old_one(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    assert (mirror.kept, mirror.released) == ({old}, set())
    photo.image = a_file("teal")
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


def test_replacing__of_a_loaded_row_knows_what_was_there(mirror: Mirror) -> None:
    old = Photo.objects.create(image=a_file()).image.hash
    photo = Photo.objects.get()
    photo.image = a_file("teal")
    photo.image = a_file("navy")
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


def test_replacing__by_the_methods_of_the_value_is_the_same(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image.save("teal.png", a_file("teal"))
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


def test_replacing__twice_between_two_saves_releases_what_the_row_had(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image = a_file("teal")
    photo.image.commit()
    between = photo.image.hash
    photo.image = a_file("navy")
    photo.save()
    assert mirror.released == {old}
    assert mirror.known == {old, between, photo.image.hash}


def test_replacing__back_and_forth_keeps_what_the_row_holds(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    first = str(photo.image)
    photo.image = a_file("teal")
    photo.save()
    second = photo.image.hash
    photo.image = first
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {second})


@pytest.mark.parametrize("again", ["save", "name", "value", "file"])
def test_saving_the_same_image_again__releases_nothing(mirror: Mirror, again: str) -> None:
    photo = Photo.objects.create(image=a_file())
    photo = Photo.objects.get()
    photo.image = {
        "save": photo.image,
        "name": photo.image.name,
        "value": Photo(image=photo.image).image,
        "file": a_file(name="the-same-lake.png"),
    }[again]
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, set())


def test_saving_without_a_change__costs_the_queries_of_a_text_column(mirror: Mirror) -> None:
    Photo.objects.create(image=a_file())
    photo, caption = Photo.objects.get(), Caption.objects.create()
    with CaptureQueriesContext(connection) as ours, assert_no_rokka_calls():
        photo.save()
    with CaptureQueriesContext(connection) as others:
        caption.save()
    assert len(ours) == len(others)


def test_replacing__asks_rokka_for_the_upload_alone(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image = a_file("teal")
    with observe_calls() as calls:
        photo.save()
    assert list_requests(calls) == [("POST", "/sourceimages/demo")]


def test_replacing__costs_queries_of_the_mirror(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image = a_file("teal")
    with CaptureQueriesContext(connection) as queries:
        photo.save()
    tables = [
        ("row" if "testapp_photo" in query["sql"] else "mirror")
        for query in queries
        if query["sql"].startswith(("SELECT", "INSERT", "UPDATE"))
    ]
    # Record the upload; write the row; lock and keep the new image; lock and release the old one.
    assert tables[:2] == ["mirror", "row"]
    assert set(tables[2:]) == {"mirror"}
    assert len(tables) <= 6


@pytest.mark.parametrize("source", ["name", "value"])
def test_choosing_an_image_of_before__asks_rokka_whether_it_is_there(
    mirror: Mirror, source: str
) -> None:
    photo = Photo.objects.create(image=a_file())
    album = Album(title="Lakes", cover=photo.image if source == "value" else photo.image.name)
    with observe_calls() as calls:
        album.save()
    assert list_requests(calls) == [("GET", "/sourceimages/demo/*")]


def test_an_upload_of_bytes_of_before__asks_rokka_whether_they_are_there(
    mirror: Mirror, rokka: RokkaStorage, server: Any
) -> None:
    old = Photo.objects.create(image=a_file()).image.hash
    rokka.client.source_images.delete(old)
    photo = Photo.objects.create(image=a_file())
    assert photo.image.hash == old
    assert rokka.exists(photo.image.name or "")


def test_an_image_that_was_deleted_meanwhile__is_restored_by_the_save(
    mirror: Mirror, rokka: RokkaStorage
) -> None:
    name = Photo.objects.create(image=a_file()).image.name or ""
    rokka.client.source_images.delete(ImageReference.parse(name).hash)
    assert not rokka.exists(name)
    Album.objects.create(title="Lakes", cover=name)
    assert rokka.exists(name)


def test_assigning__without_a_save_releases_nothing(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image = a_file("teal")
    photo.image.commit()
    uploaded = photo.image.hash
    assert (mirror.kept, mirror.released) == ({old, uploaded}, set())
    photo.refresh_from_db()
    photo.save()
    assert (mirror.kept, mirror.released) == ({old, uploaded}, set())


def test_refresh__after_another_process_replaced_the_image_releases_nothing(
    mirror: Mirror,
) -> None:
    photo = Photo.objects.create(image=a_file())
    other = Photo.objects.get()
    other.image = a_file("teal")
    other.save()
    old = photo.image.hash
    photo.refresh_from_db()
    with assert_no_rokka_calls():
        photo.save()
    assert (mirror.kept, mirror.released) == ({other.image.hash}, {old})


def test_update_fields__of_other_columns_release_nothing_until_the_image_is_saved(
    mirror: Mirror,
) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.title, photo.image = "Changed", a_file("teal")
    photo.save(update_fields=["title"])
    assert (mirror.kept, mirror.released) == ({old}, set())
    photo.save(update_fields=["image"])
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


def test_deferred_image__that_is_replaced_is_kept(mirror: Mirror) -> None:
    old = Photo.objects.create(image=a_file()).image.hash
    photo = Photo.objects.defer("image").get()
    photo.image = a_file("teal")
    photo.save()
    # What was there was never read; the collector finds it.
    assert (mirror.kept, mirror.released) == ({old, photo.image.hash}, set())


def test_row_written_over__by_an_object_that_never_read_it_is_kept(mirror: Mirror) -> None:
    old = Photo.objects.create(image=a_file())
    photo = Photo(pk=old.pk, image=a_file("teal"))
    photo.save()
    assert mirror.kept == {old.image.hash, photo.image.hash}


def test_copy_of_a_row__releases_nothing(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    photo.pk, photo._state.adding = None, True
    photo.save()
    assert Photo.objects.count() == 2
    photo.image = a_file("teal")
    photo.pk = None
    photo.save()
    assert mirror.released == set()
    assert len(mirror.kept) == 2


def test_two_fields_with_one_image__release_it_with_the_last(mirror: Mirror) -> None:
    spread = Spread.objects.create(left=a_file(), right=a_file())
    shared = spread.left.hash
    spread.left = a_file("teal")
    spread.save()
    assert mirror.released == set()
    spread.right = ""
    spread.save()
    assert (mirror.kept, mirror.released) == ({spread.left.hash}, {shared})


def test_two_fields__that_swap_their_images_release_none(mirror: Mirror) -> None:
    spread = Spread.objects.create(left=a_file(), right=a_file("teal"))
    spread = Spread.objects.get()
    spread.left, spread.right = str(spread.right), str(spread.left)
    spread.save()
    assert mirror.released == set()
    assert mirror.kept == {spread.left.hash, spread.right.hash}


def test_failed_upload__releases_nothing_and_the_next_try_does(mirror: Mirror, server: Any) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image = a_file("teal")
    server.emulator.faults.add(method="POST", path="/sourceimages/", status=503)
    with pytest.raises(UploadFailed):
        photo.save()
    assert (mirror.kept, mirror.released) == ({old}, set())
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


def through_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # our own


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, through_pickle], ids=["copy", "deepcopy", "pickle"]
)
def test_copies_of_an_object__know_what_was_replaced(
    mirror: Mirror, clone: Callable[[Any], Any]
) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image = a_file("teal")
    photo.image.commit()
    other = clone(photo)
    other.save()
    assert (mirror.kept, mirror.released) == ({other.image.hash}, {old})


def test_copy_of_an_object__replaces_without_its_original(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    other = copy.copy(photo)
    other.image = a_file("teal")
    photo.save()
    assert mirror.released == set()


def test_asave__does_what_save_does(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    photo.image = a_file("teal")
    async_to_sync(photo.asave)()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


def test_outage_after_the_commit__leaves_the_row_saved(
    mirror: Mirror, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    photo = Photo.objects.create(image=a_file())
    server.emulator.faults.add(method="GET", path="/sourceimages/", status=503)
    album = Album.objects.create(title="Lakes", cover=photo.image)
    assert Album.objects.get().cover.hash == album.cover.hash
    assert album.cover.hash in caplog.text
