"""The columns of a size follow the image before it is saved, as Django's do."""

from __future__ import annotations

import pytest

from tests.testapp.models import Photo

REFERENCE = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a/1600x900/the-lake.png"


def a_photo() -> Photo:
    return Photo(image=REFERENCE, image_width=1600, image_height=900)


def test_delete__without_save_clears_the_sizes_of_the_object() -> None:
    photo = a_photo()
    photo.image.delete(save=False)
    assert (photo.image_width, photo.image_height) == (None, None)


@pytest.mark.parametrize("empty", [None, ""])
def test_assignment__of_nothing_clears_the_sizes_of_the_object(empty: str | None) -> None:
    photo = a_photo()
    photo.image = empty
    assert (photo.image_width, photo.image_height) == (None, None)


def test_assignment__of_a_reference_takes_its_sizes() -> None:
    photo = a_photo()
    photo.image = "d421f4e8cefe0fd3aab22832f51e85bacda0a47b/8x4/other.png"
    assert (photo.image_width, photo.image_height) == (8, 4)
