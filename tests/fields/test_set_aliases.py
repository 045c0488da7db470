"""Names that somebody has pointed at an image: it stays for them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from django_rokka.collector import collect
from django_rokka.columns import find_referenced
from django_rokka.exceptions import ServerError
from django_rokka.models import Alias
from django_rokka.signals import alias_set
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import a_file
from tests.testapp.models import Brand, Photo

pytestmark = pytest.mark.django_db(transaction=True)

OWNERLESS = ("", "", "summer")


def get_owner(alias: Alias) -> tuple[str, str, str]:
    return alias.model, alias.field, alias.object_pk


def a_photo(colour: str = "tomato", **options: Any) -> Photo:
    """Return a row whose image has the name."""
    photo = Photo(image=a_file(colour))
    photo.save()
    photo.image.set_alias("summer", **options)
    photo.save()
    return photo


def test_set_alias__is_written_down_for_the_image(rokka: RokkaStorage) -> None:
    photo = a_photo()
    alias = Alias.objects.get()
    assert (alias.organization, alias.name, get_owner(alias)) == ("demo", "summer", OWNERLESS)
    assert alias.target_hash == alias.confirmed_hash == photo.image.hash


def test_set_alias__keeps_its_image_when_the_row_takes_another(rokka: RokkaStorage) -> None:
    photo = a_photo()
    named = photo.image.hash
    photo.image = a_file("teal")
    photo.save()
    assert find_referenced(rokka, [named]) == {named}
    assert [*collect(rokka).unreferenced] == []


def test_set_alias__of_another_image_lets_go_of_the_one_before(rokka: RokkaStorage) -> None:
    before = a_photo().image.hash
    after = a_photo("teal", overwrite=True).image.hash
    alias = Alias.objects.get()
    assert (alias.target_hash, alias.confirmed_hash) == (after, after)
    Photo.objects.all().delete()
    assert find_referenced(rokka, [before, after]) == {after}


def test_set_alias__that_rokka_refuses_is_not_written_down(
    rokka: RokkaStorage, server: Any
) -> None:
    photo = Photo.objects.create(image=a_file())
    server.emulator.faults.add(path="/sourceimages/", status=503)
    with pytest.raises(ServerError):
        photo.image.set_alias("summer")
    assert not Alias.objects.exists()


def test_set_alias__tells_it_by_a_signal(rokka: RokkaStorage) -> None:
    told = []

    def listen(**kwargs: Any) -> None:
        told.append((kwargs["sender"], kwargs["storage"], kwargs["name"], kwargs["reference"]))

    alias_set.connect(listen)
    try:
        photo = a_photo()
    finally:
        alias_set.disconnect(listen)
    assert told == [(RokkaStorage, rokka, "summer", photo.image.reference)]


def test_template__that_claims_a_name_which_was_set_is_refused(
    rokka: RokkaStorage, caplog: pytest.LogCaptureFixture
) -> None:
    brand = Brand.objects.create(name="Acme")
    photo = Photo.objects.create(image=a_file())
    photo.image.set_alias(f"brand_{brand.pk}_logo")
    brand.logo = a_file("teal")
    brand.save()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == (
        f"testapp.brand {brand.pk} claims the alias 'brand_{brand.pk}_logo' that was set by hand."
        " It was not moved."
    )
    assert Alias.objects.get().target_hash == photo.image.hash
    with assert_no_rokka_calls():
        assert Brand.objects.get().logo.alias == ""


def test_set_alias__of_a_name_that_a_row_owns_leaves_it_the_row_and_keeps_both_images(
    rokka: RokkaStorage, caplog: pytest.LogCaptureFixture
) -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file("teal"))
    name = brand.logo.alias
    owner = get_owner(Alias.objects.get())
    photo = Photo.objects.create(image=a_file())
    caplog.clear()
    photo.image.set_alias(name, overwrite=True)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"{name!r} of testapp.brand {brand.pk} was pointed at" in record.getMessage()
    assert get_owner(Alias.objects.get()) == owner
    hashes = {brand.logo.hash, photo.image.hash}
    Photo.objects.all().delete()
    assert find_referenced(rokka, hashes) == hashes

    brand.save()
    assert rokka.client.aliases.get(name).hash == brand.logo.hash
    assert Alias.objects.get().is_confirmed
