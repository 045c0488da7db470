"""Rows of several tables, and several classes of one table."""

from __future__ import annotations

import pytest

from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Leaflet, Photo, Portrait, Recent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("kind", [Portrait, Recent, Photo])
def test_replacing__in_every_class_of_a_row(mirror: Mirror, kind: type[Photo]) -> None:
    photo = kind.objects.create(image=a_file())
    old = photo.image.hash
    photo = kind.objects.get()
    photo.image = a_file("teal")
    photo.save()
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})


@pytest.mark.parametrize("kind", [Portrait, Recent, Photo])
def test_delete__in_every_class_of_a_row(mirror: Mirror, kind: type[Photo]) -> None:
    photo = kind.objects.create(image=a_file())
    photo.delete()
    assert mirror.released == {photo.image.hash}


def test_delete__of_the_parent_of_a_child_releases(mirror: Mirror) -> None:
    Portrait.objects.create(image=a_file())
    photo = Photo.objects.get()
    photo.delete()
    assert mirror.released == {photo.image.hash}


def test_delete__of_a_child_alone_releases_nothing(mirror: Mirror) -> None:
    portrait = Portrait.objects.create(image=a_file())
    portrait.delete(keep_parents=True)
    assert Photo.objects.get().image
    assert mirror.released == set()


def test_image_of_an_abstract_parent__is_released_by_its_child(mirror: Mirror) -> None:
    leaflet = Leaflet.objects.create(slug="menu", page=a_file())
    old = leaflet.page.hash
    leaflet.page = a_file("teal")
    leaflet.save()
    assert mirror.released == {old}
    leaflet.delete()
    assert mirror.released == {old, leaflet.page.hash}


def test_row_that_becomes_a_child__releases_nothing(mirror: Mirror) -> None:
    photo = Photo.objects.create(image=a_file())
    portrait = Portrait(photo_ptr=photo, person="Ada")
    portrait.image = photo.image
    portrait.save()
    assert Portrait.objects.get().image.hash == photo.image.hash
    assert mirror.released == set()
