"""What may be assigned, and whose the value is: each object has its own."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from django_rokka.client import observe_calls
from django_rokka.exceptions import InvalidReference
from django_rokka.render import ImageReference
from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import a_file
from tests.testapp.models import Album, Brand, Contract, Photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rokka")]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
SIZED = f"{HASH}/1600x900/lake.png"


def through_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # our own


# Kinds of values


def test_reference__is_its_text() -> None:
    reference = ImageReference.parse(SIZED)
    photo: Any = Photo(image=reference)
    assert photo.image.name == SIZED
    photo.image = reference._replace(slug="sea")
    photo.save()
    assert Photo.objects.get().image.name == f"{HASH}/1600x900/sea.png"


@pytest.mark.parametrize("value", [b"GIF89a", Path("lake.png"), 5, {"name": "lake.png"}])
def test_other_kinds__are_refused_with_the_remedy(value: Any) -> None:
    photo: Any = Photo(image=SIZED)
    words = rf"testapp\.Photo\.image takes .* no {type(value).__name__}\. Wrap .* ContentFile\("
    with pytest.raises(TypeError, match=words):
        photo.image = value
    assert photo.image.name == SIZED
    with pytest.raises(TypeError, match=words):
        Photo(image=value)
    with pytest.raises(TypeError, match=words):
        Photo.objects.update(image=value)


# Copies of objects


def test_copy__of_a_row_has_a_value_of_its_own() -> None:
    photo = Photo.objects.create(image=a_file())
    other = copy.copy(photo)
    assert (other.image.instance, photo.image.instance) == (other, photo)
    assert other.image is not photo.image
    assert other.image.instance is other
    assert photo.image.instance is photo
    other.image.name = SIZED
    assert photo.image.name != SIZED


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_copy__of_a_row_whose_file_waits_uploads_it_too(clone: Any) -> None:
    photo = Photo(image=a_file())
    assert not photo.image._committed
    other = clone(photo)
    for row in (photo, other):
        row.save()
        assert row.image.instance is row
    assert photo.pk != other.pk
    assert photo.image.hash == other.image.hash != ""
    assert other.image.field is Photo._meta.get_field("image")


def test_deepcopy__of_a_value_alone_is_that_of_its_row() -> None:
    value = copy.deepcopy(Photo(image=SIZED).image)
    assert value.instance.__dict__["image"] is value
    assert value.name == SIZED


def test_pickle__of_a_file_that_waits_is_no_reference() -> None:
    photo = Photo(image=a_file(name="qk.png"))
    assert not photo.image._committed
    other = through_pickle(photo)
    words = r"'qk\.png' has not been uploaded, and a pickle holds no file\. Assign the file"
    with assert_no_rokka_calls(), pytest.raises(InvalidReference, match=words):
        other.save()
    with pytest.raises(InvalidReference, match="has not been"), transaction.atomic():
        Photo.objects.update(image=other.image)
    assert not Photo.objects.exists()
    other.image = a_file()
    other.save()
    assert Photo.objects.get().image.hash


def test_pickle__of_a_reference_stays_one() -> None:
    other = through_pickle(Photo(image=SIZED))
    with assert_no_rokka_calls():
        other.save()
    assert Photo.objects.get().image.name == SIZED


# Aliases of others


@pytest.fixture
def named(transactional_db: None) -> Brand:
    brand: Brand = Brand.objects.create(name="first", logo=a_file())
    assert brand.logo.alias == f"brand_{brand.pk}_logo"
    return brand


def test_alias__of_another_row_is_not_copied_with_its_image(named: Brand) -> None:
    album = Album(cover=named.logo)
    assert (album.cover.hash, album.cover.alias) == (named.logo.hash, "")
    assert named.logo.alias


@pytest.mark.parametrize("kind", ["create", "bulk_create", "copy"])
def test_alias__of_another_row_is_not_stored_by_a_new_one(named: Brand, kind: str) -> None:
    with observe_calls():
        if kind == "create":
            Brand.objects.create(name="second", logo=named.logo.name or "")
        elif kind == "bulk_create":
            Brand.objects.bulk_create([Brand(name="second", logo=named.logo.name or "")])
        else:
            other = Brand.objects.get()
            other.pk, other.name, other._state.adding = None, "second", True
            other.save()
    second = Brand.objects.get(name="second")
    own = "" if kind == "bulk_create" else f"brand_{second.pk}_logo"
    assert (second.logo.hash, second.logo.alias) == (named.logo.hash, own)


def test_alias__of_the_row_itself_stays_through_refresh_and_restoring(named: Brand) -> None:
    name = named.logo.name
    named.refresh_from_db()
    assert named.logo.name == name
    Brand.objects.all().delete()
    with observe_calls() as calls:
        Brand.objects.bulk_create([Brand(pk=named.pk, name="again", logo=name or "")])
    assert calls == []
    assert Brand.objects.get().logo.name == name


def test_alias__that_was_set_stays_in_a_field_without_template() -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image.set_alias("summer")
    photo.save()
    photo.refresh_from_db()
    assert photo.image.alias == "summer"


# Protected fields


@pytest.mark.parametrize("kind", ["text", "value", "bulk_update"])
def test_protected_field__refuses_a_public_image_without_a_save(kind: str) -> None:
    public = Photo.objects.create(image=a_file()).image
    contract: Any = Contract.objects.create(scan=a_file("teal"))
    before = Contract.objects.values_list("scan", flat=True).get()
    words = r"testapp\.Contract\.scan is protected, but '.*lake\.png' names a public image\."
    rows: Any = Contract.objects
    acts = {
        "text": lambda: rows.update(scan=public.name),
        "value": lambda: rows.update(scan=public),
        "bulk_update": lambda: rows.bulk_update([contract], ["scan"]),
    }
    contract.scan = public
    with pytest.raises(InvalidReference, match=words), transaction.atomic():
        acts[kind]()
    assert Contract.objects.values_list("scan", flat=True).get() == before


@pytest.fixture
def stale() -> Contract:
    """A row from the time before its field became protected."""
    field: Any = Contract._meta.get_field("scan")
    field.protected = False
    try:
        Contract.objects.create(scan=a_file())
    finally:
        field.protected = True
    contract: Contract = Contract.objects.get()
    return contract


def test_public_image__of_a_field_that_became_protected_lets_its_row_be_saved(
    stale: Contract,
) -> None:
    assert not stale.scan.is_protected
    stale.save()
    Contract.objects.bulk_update([stale], ["scan"])
    stale.scan = a_file("teal")
    stale.save()
    assert Contract.objects.get().scan.is_protected


def test_public_image__of_such_a_field_goes_into_no_other_row(stale: Contract) -> None:
    with pytest.raises(InvalidReference, match="is protected"):
        Contract.objects.create(scan=stale.scan)


def test_public_image__of_such_a_field_comes_back_with_a_fixture(
    stale: Contract, tmp_path: Path
) -> None:
    fixture = tmp_path / "contracts.json"
    call_command("dumpdata", "testapp.contract", output=str(fixture))
    Contract.objects.all().delete()
    call_command("loaddata", str(fixture), verbosity=0)
    assert Contract.objects.get().scan.hash == stale.scan.hash


# The size of the picture before


def sizes(photo: Photo) -> tuple[int | None, int | None]:
    return photo.image_width, photo.image_height


@pytest.mark.parametrize("name", ["holiday.jpg", "../broken", HASH])
@pytest.mark.parametrize("way", ["assigned", "in place"])
def test_size__of_the_picture_before_does_not_stay(name: str, way: str) -> None:
    photo: Any = Photo.objects.create(image=SIZED)
    assert sizes(photo) == (1600, 900)
    if way == "in place":
        photo.image.name = name
    else:
        photo.image = name
    photo.save()
    assert sizes(Photo.objects.get()) == (None, None)


def test_size__of_a_new_object_that_is_given_another_name_does_not_stay() -> None:
    photo: Any = Photo(image=SIZED)
    photo.image = SIZED
    assert sizes(photo) == (1600, 900)
    photo.image = "holiday.jpg"
    assert sizes(photo) == (None, None)


def test_size__of_an_old_name_is_what_its_columns_say() -> None:
    Photo.objects.create(image="holiday.jpg", image_width=4, image_height=3)
    photo: Any = Photo.objects.get()
    photo.save()
    photo.image = "holiday.jpg"
    photo.save()
    photo.refresh_from_db()
    assert sizes(photo) == sizes(Photo.objects.get()) == (4, 3)
    Photo.objects.update(image="other.jpg", image_width=8, image_height=6)
    photo.refresh_from_db()
    assert sizes(photo) == (8, 6)


def test_size__of_a_picture_whose_name_was_deferred_does_not_stay() -> None:
    Photo.objects.create(image=SIZED)
    photo: Any = Photo.objects.defer("image").get()
    photo.image = "holiday.jpg"
    photo.save()
    assert sizes(Photo.objects.get()) == (None, None)
