"""The image fields of a model."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db.models import Model

from django_rokka.columns import get_image_fields

from tests.testapp.models import Brand, Leaflet, Photo, Plain, Portrait


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Brand, ["testapp.Brand.logo"]),
        (Leaflet, ["testapp.Leaflet.page"]),
        (Photo, ["testapp.Photo.image"]),
        (Portrait, ["testapp.Photo.image"]),
        (Plain, []),
        (User, []),
    ],
)
def test_image_fields__are_a_models_own_and_its_parents(
    model: type[Model], names: list[str]
) -> None:
    assert [str(field) for field in get_image_fields(model)] == names
