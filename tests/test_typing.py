"""What a type checker sees; mypy is what runs most of this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_rokka.fields import RokkaFieldFile
from django_rokka.render import ImageReference
from django_rokka.testing import make_image

from tests.testapp.models import Leaflet, Photo

if TYPE_CHECKING:
    from typing_extensions import assert_type


def test_value__is_a_field_file() -> None:
    photo, leaflet = Photo(), Leaflet()
    assert isinstance(photo.image, RokkaFieldFile)
    if TYPE_CHECKING:
        assert_type(photo.image, RokkaFieldFile)
        assert_type(leaflet.page, RokkaFieldFile)
        assert_type(photo.image.width, int | None)
        assert_type(photo.image.url_for("thumb"), str)


def test_value__is_a_field_file_after_an_assignment() -> None:
    photo, file = Photo(), make_image()
    photo.image = file
    if TYPE_CHECKING:
        assert_type(photo.image, RokkaFieldFile)
    assert isinstance(photo.image, RokkaFieldFile)
    photo.image = None
    if TYPE_CHECKING:
        photo.image = "a text"
        photo.image = Photo().image
        photo.image = ImageReference("a" * 40)
        assert_type(photo.image, RokkaFieldFile)
        # The comments are what tests: mypy reports those that hide nothing.
        photo.image = 5  # type: ignore[call-overload]
        photo.image = b"bytes"  # type: ignore[call-overload]


def test_descriptor__is_what_the_class_has() -> None:
    assert Photo.image.field is Photo._meta.get_field("image")
