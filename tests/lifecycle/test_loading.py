"""Reading rows, in every way there is: no call of rokka, no query more, no note of a change."""

from __future__ import annotations

import copy
import pickle
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from django_rokka.fields import RokkaImage
from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)

FIELD: RokkaImage = Photo._meta.get_field("image")  # type: ignore[assignment]  # a Field to the stubs

WAYS: dict[str, Any] = {
    "all": lambda: next(iter(Photo.objects.all())),
    "only": lambda: Photo.objects.only("image").get(),
    "iterator": lambda: next(Photo.objects.iterator()),
    "pickle": lambda: pickle.loads(pickle.dumps(Photo.objects.get())),  # noqa: S301  # our own
    "deepcopy": lambda: copy.deepcopy(Photo.objects.get()),
    "raw": lambda: Photo.objects.raw("SELECT * FROM testapp_photo")[0],
}


@pytest.mark.parametrize("way", WAYS)
def test_loading__is_one_query_and_notes_nothing(
    mirror: Mirror, way: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Photo.objects.create(image=a_file())
    with assert_no_rokka_calls(), django_assert_num_queries(1):
        photo = WAYS[way]()
        assert photo.image.url
        assert photo.image.width == 40
    assert FIELD.note not in vars(photo)


def test_refresh__is_one_query_and_notes_nothing(
    mirror: Mirror, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    photo = Photo.objects.create(image=a_file())
    with assert_no_rokka_calls(), django_assert_num_queries(1):
        photo.refresh_from_db()
    assert FIELD.note not in vars(photo)


def test_refresh__of_a_deferred_image_notes_nothing(
    mirror: Mirror, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Photo.objects.create(image=a_file())
    photo = Photo.objects.defer("image").get()
    with assert_no_rokka_calls(), django_assert_num_queries(1):
        assert photo.image.url
    assert FIELD.note not in vars(photo)


def test_loaddata__keeps_and_releases_nothing(mirror: Mirror, tmp_path: Path) -> None:
    photo = Photo.objects.create(image=a_file())
    with StringIO() as written:
        call_command("dumpdata", "testapp.photo", stdout=written)
        fixture = tmp_path / "photos.json"
        fixture.write_text(written.getvalue())
    photo.image = a_file("teal")
    photo.save()
    before = mirror.kept, mirror.released
    with assert_no_rokka_calls():
        call_command("loaddata", str(fixture), verbosity=0)
    assert (mirror.kept, mirror.released) == before
