"""A column that knows upper from lower case."""

from __future__ import annotations

import pytest
from django.db import connection, models

from django_rokka.fields.names import CaseSensitiveCharField
from django_rokka.models import Alias

from tests.testapp.models import Photo


def read_collation(field: models.Field[str, str], vendor: str) -> object:
    field.set_attributes_from_name("name")
    database = connection.copy()
    database.vendor = vendor
    return field.db_parameters(database).get("collation")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("vendor", "collation"),
    [("mysql", "utf8mb4_bin"), ("postgresql", None), ("sqlite", None), ("oracle", None)],
)
def test_collation__is_set_where_the_databases_own_ignores_case(
    vendor: str, collation: str | None
) -> None:
    assert read_collation(CaseSensitiveCharField(max_length=9), vendor) == collation


@pytest.mark.django_db
def test_collation__that_is_given_is_kept() -> None:
    field = CaseSensitiveCharField(max_length=9, db_collation="utf8mb4_nopad_bin")
    assert read_collation(field, "mysql") == "utf8mb4_nopad_bin"


def test_deconstruct__names_the_public_path_and_no_collation() -> None:
    field = CaseSensitiveCharField(max_length=9)
    field.set_attributes_from_name("name")
    assert field.deconstruct() == (
        "name",
        "django_rokka.fields.names.CaseSensitiveCharField",
        [],
        {"max_length": 9},
    )


@pytest.mark.smoke
@pytest.mark.django_db
def test_aliases__that_differ_by_case_are_two() -> None:
    for name in ("Logo", "logo"):
        Alias.objects.create(
            organization="demo",
            name=name,
            model="app.brand",
            object_pk=name,
            field="logo",
            target_hash="a" * 40,
        )
    assert [Alias.objects.get(name=name).object_pk for name in ("Logo", "logo")] == ["Logo", "logo"]
    assert list(Alias.objects.filter(name__in=["LOGO"])) == []


@pytest.mark.smoke
@pytest.mark.django_db
def test_names_of_images__that_differ_by_case_are_two() -> None:
    photo = Photo.objects.create(title="The lake")
    Photo.objects.filter(pk=photo.pk).update(image="photos/Beach.jpg")
    assert not Photo.objects.filter(pk=photo.pk, image="photos/beach.jpg").exists()
    assert Photo.objects.filter(pk=photo.pk, image="photos/Beach.jpg").exists()
