"""Metadata and names that a field file sets at rokka."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.template import Context, Template

from django_rokka.client import observe_calls
from django_rokka.exceptions import AliasExists, InvalidReference, NotFound, ReadOnly, ServerError
from django_rokka.fields import RokkaFieldFile
from django_rokka.models import SourceImage
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.lifecycle.mirror import a_file, list_requests
from tests.testapp.models import Badge, Brand, Contract, Photo

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES: dict[str, Callable[[RokkaFieldFile], None]] = {
    "set_subject_area": lambda image: image.set_subject_area(x=3, y=4),
    "set_metadata": lambda image: image.set_metadata("version", {"text": "2"}),
}
ALL: dict[str, Callable[[RokkaFieldFile], None]] = {
    **CHANGES,
    "remove_subject_area": lambda image: image.remove_subject_area(),
    "delete_metadata": lambda image: image.delete_metadata("version"),
    "set_alias": lambda image: image.set_alias("summer"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change__gives_the_value_a_new_hash_which_saving_stores(
    rokka: RokkaStorage, change: str
) -> None:
    photo = Photo.objects.create(image=a_file())
    old = photo.image.hash
    CHANGES[change](photo.image)
    assert photo.image.hash != old
    assert photo.image.name == f"{photo.image.hash}/40x30/lake.png"
    assert Photo.objects.get().image.hash == old
    photo.save()
    assert Photo.objects.get().image.hash == photo.image.hash
    assert rokka.exists(photo.image.name)
    released = SourceImage.objects.released()
    assert [image.hash for image in released] == [old]


def test_change__is_one_call_and_its_image_is_recorded(rokka: RokkaStorage) -> None:
    photo = Photo.objects.create(image=a_file())
    with observe_calls() as calls:
        photo.image.set_subject_area(x=3, y=4, width=5, height=6, is_percentage=True)
    path = "/sourceimages/demo/*/meta/dynamic/subject_area"
    assert list_requests(calls) == [("PUT", path)]
    area = {"x": 3, "y": 4, "width": 5, "height": 6, "percentage": True}
    image = SourceImage.objects.get(hash=photo.image.hash)
    assert image.dynamic_metadata == {"subject_area": area}


def test_removal__leads_back_to_the_image_without_it(rokka: RokkaStorage) -> None:
    photo = Photo.objects.create(image=a_file())
    plain = photo.image.hash
    photo.image.set_subject_area(x=3, y=4)
    photo.image.set_metadata("version", {"text": "2"})
    photo.image.delete_metadata("version")
    photo.image.remove_subject_area()
    assert photo.image.hash == plain


def test_alias__follows_after_the_commit(rokka: RokkaStorage) -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file())
    name = brand.logo.alias
    brand.logo.set_subject_area(x=3, y=4)
    assert brand.logo.alias == ""
    brand.save()
    assert Brand.objects.get().logo.alias == name
    assert rokka.client.aliases.get(name).hash == brand.logo.hash


def test_protected_image__stays_protected(rokka: RokkaStorage) -> None:
    contract = Contract.objects.create(scan=a_file())
    contract.scan.set_subject_area(x=3, y=4)
    assert contract.scan.is_protected
    contract.save()
    assert rokka.client.source_images.get(contract.scan.hash).is_protected
    assert "sig=" in contract.scan.url


def test_keep_hash__changes_the_image_itself(rokka: RokkaStorage) -> None:
    badge = Badge.objects.create(name="gold", picture=a_file())
    before = badge.picture.name
    badge.picture.set_subject_area(x=3, y=4)
    assert badge.picture.name == before
    image = rokka.client.source_images.get(badge.picture.hash)
    assert image.dynamic_metadata["subject_area"]["x"] == 3
    assert SourceImage.objects.get().dynamic_metadata == dict(image.dynamic_metadata)


def test_environment__marks_the_image_that_a_change_makes(configure: Any) -> None:
    storage = configure(environment="production")
    field = "django_rokka_env_production"
    photo = Photo.objects.create(image=a_file())
    # There already, of somebody else, and so with metadata of its own.
    photo.image.set_subject_area(x=3, y=4)
    other = photo.image.hash
    storage.client.source_images.metadata.delete_field(other, field)
    photo.refresh_from_db()
    photo.image.set_subject_area(x=3, y=4)
    photo.save()
    assert photo.image.hash == other
    assert field in storage.client.source_images.get(other).user_metadata


@pytest.mark.parametrize("change", ALL)
def test_change__of_a_file_that_is_not_uploaded_names_the_remedy(
    rokka: RokkaStorage, change: str
) -> None:
    photo = Photo(image=a_file())
    with assert_no_rokka_calls(), pytest.raises(InvalidReference, match=r"image\.commit\(\)"):
        ALL[change](photo.image)


@pytest.mark.parametrize("change", ALL)
def test_change__of_no_image_is_djangos_error(rokka: RokkaStorage, change: str) -> None:
    with assert_no_rokka_calls(), pytest.raises(ValueError, match="has no file associated"):
        ALL[change](Photo().image)


@pytest.mark.parametrize("change", ALL)
def test_change__that_rokka_refuses_leaves_the_value_as_it_was(
    rokka: RokkaStorage, server: Any, change: str
) -> None:
    photo = Photo.objects.create(image=a_file())
    before = photo.image.name
    server.emulator.faults.add(path="/sourceimages/", status=503)
    with pytest.raises(ServerError):
        ALL[change](photo.image)
    assert photo.image.name == before
    with assert_no_rokka_calls():
        photo.save()
    assert Photo.objects.get().image.name == before


def test_removal__of_what_is_not_set_is_rokkas_error(rokka: RokkaStorage) -> None:
    photo = Photo.objects.create(image=a_file())
    with pytest.raises(NotFound):
        photo.image.remove_subject_area()
    with pytest.raises(NotFound):
        photo.image.delete_metadata("version")


def test_read_only_storage__changes_nothing(configure: Any) -> None:
    configure()
    photo = Photo.objects.create(image=a_file())
    configure(read_only=True)
    with pytest.raises(ReadOnly):
        photo.image.set_subject_area(x=3, y=4)


def test_set_alias__points_the_name_and_saving_stores_it(rokka: RokkaStorage) -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image.set_alias("summer")
    assert photo.image.alias == "summer"
    assert Photo.objects.get().image.alias == ""
    photo.save()
    assert Photo.objects.get(image__alias="summer").image.hash == photo.image.hash
    assert rokka.client.aliases.get("summer").hash == photo.image.hash


def test_set_alias__takes_over_only_when_told_to(rokka: RokkaStorage) -> None:
    first = Photo.objects.create(image=a_file())
    second = Photo.objects.create(image=a_file("teal"))
    first.image.set_alias("summer")
    with pytest.raises(AliasExists):
        second.image.set_alias("summer")
    assert second.image.alias == ""
    second.image.set_alias("summer", overwrite=True)
    assert rokka.client.aliases.get("summer").hash == second.image.hash


@pytest.mark.parametrize("model", [Brand, Badge])
def test_set_alias__of_a_field_that_names_its_images_is_refused(
    rokka: RokkaStorage, model: type[Brand] | type[Badge]
) -> None:
    row: Any = model.objects.create(name="x")
    image = row.logo if model is Brand else row.picture
    image.save("lake.png", a_file(), save=False)
    with assert_no_rokka_calls(), pytest.raises(ValueError, match="option alias, which names"):
        image.set_alias("summer")


def test_set_alias__without_room_in_the_column_asks_nobody(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = Photo.objects.create(image=a_file())
    monkeypatch.setattr(Photo.image.field, "max_length", 100)
    with assert_no_rokka_calls(), pytest.raises(InvalidReference, match="does not fit"):
        photo.image.set_alias("s" * 60)


@pytest.mark.parametrize("method", ALL)
def test_templates__cannot_call_what_alters_data(rokka: RokkaStorage, method: str) -> None:
    template = Template("{{ photo.image." + method + " }}")
    photo = Photo.objects.create(image=a_file())
    with assert_no_rokka_calls():
        assert template.render(Context({"photo": photo})) == ""
