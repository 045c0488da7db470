"""A value takes another name, as Django's documentation has it for files that were moved."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from django_rokka.fields import RokkaFieldFile
from django_rokka.storage import RokkaStorage

from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(rokka: RokkaStorage, mirror: Mirror) -> str:
    """The name of an image that no row refers to."""
    return str(rokka.upload("teal.png", a_file("teal")))


def test_name__that_is_replaced_is_a_change_like_any_other(mirror: Mirror, other: str) -> None:
    old = Photo.objects.create(image=a_file()).image.hash
    photo = Photo.objects.get()
    photo.image.name = other
    assert str(photo.image) == other
    photo.save()
    photo = Photo.objects.get()
    assert (photo.image.name, photo.image_width) == (other, 40)
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


def test_name__of_a_deleted_image_restores_it(rokka: RokkaStorage, other: str) -> None:
    photo = Photo.objects.create(image=a_file())
    rokka.client.source_images.delete(other[:40])
    photo.image.name = other
    photo.save()
    assert rokka.exists(other)


def test_name__after_an_upload_is_not_taken_for_what_was_uploaded(
    rokka: RokkaStorage, other: str
) -> None:
    rokka.client.source_images.delete(other[:40])
    photo = Photo.objects.create(image=a_file("gold"))
    photo.image.save("lake.png", a_file(), save=False)
    photo.image.name = other
    photo.save()
    assert rokka.exists(other)


def test_name__that_is_the_same_is_no_change(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image.name = photo.image.name
    assert Photo.image.field.note not in vars(photo)


def test_name__of_a_value_that_the_row_has_not_any_more_changes_no_row(
    mirror: Mirror, other: str
) -> None:
    photo = Photo.objects.create(image=a_file())
    before = photo.image
    photo.image = str(before)
    photo.save()
    before.name = other
    assert Photo.image.field.note not in vars(photo)
    assert photo.image.name != other


def test_value__without_a_row_has_a_name_too() -> None:
    value: Any = RokkaFieldFile(None, Photo.image.field, "a.png")  # type: ignore[arg-type]  # as Django lets it
    value.name = "b.png"
    assert value == "b.png"


def copy_by_pickle(photo: Photo) -> Photo:
    again: Photo = pickle.loads(pickle.dumps(photo))  # noqa: S301  # it comes from here
    return again


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, copy_by_pickle])
def test_copy__of_an_object_has_the_name_and_follows_it(again: Any, other: str) -> None:
    photo = Photo.objects.create(image=a_file())
    name = photo.image.name
    same = again(photo)
    assert same.image.name == name
    same.image.name = other
    same.save()
    assert Photo.objects.get().image.name == other


@pytest.mark.parametrize("key", ["name", "_name"])
@pytest.mark.parametrize("name", ["a.png", "", None])
def test_state__of_before_and_of_now_is_loaded(key: str, name: str | None) -> None:
    photo = Photo()
    field = Photo.image.field
    value = RokkaFieldFile.__new__(RokkaFieldFile)
    value.__setstate__(
        {key: name, "closed": False, "_committed": True, "_file": None, "instance": photo}
        | {"field": field}
    )
    assert value.name == name
    assert "name" not in vars(value)
