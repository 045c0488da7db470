"""What happens when a row with images is saved, beside what the fields and aliases tell."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.db.models.signals import pre_save

from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.testapp.models import Caption, Photo

pytestmark = pytest.mark.django_db


def test_saving__a_model_without_images_asks_nobody() -> None:
    with assert_no_rokka_calls():
        Caption.objects.create(title="The lake")


@pytest.mark.usefixtures("rokka")
def test_receivers_of_the_project__that_assign_an_image_are_heard() -> None:
    def assign(sender: type[Photo], instance: Photo, **kwargs: object) -> None:
        instance.image = ContentFile(pictures.png(), "assigned.png")

    pre_save.connect(assign, sender=Photo)
    try:
        photo = Photo.objects.create()
    finally:
        pre_save.disconnect(assign, sender=Photo)
    photo.refresh_from_db()
    assert photo.image.reference.slug == "assigned"
    assert photo.image_height == 30


@pytest.mark.usefixtures("rokka")
def test_saving__a_deferred_image_leaves_it_and_its_size_alone() -> None:
    photo = Photo.objects.create(image=ContentFile(pictures.png(), "lake.png"))
    before = Photo.objects.values().get()
    with assert_no_rokka_calls():
        Photo.objects.defer("image").get().save()
        Photo.objects.only("title").get().save()
    assert Photo.objects.values().get() == before
    assert photo.image_width == 40


@pytest.mark.usefixtures("rokka")
def test_saving__a_broken_reference_leaves_the_size_alone() -> None:
    photo = Photo.objects.create(image=ContentFile(pictures.png(), "lake.png"))
    Photo.objects.update(image="uploads/holiday.jpg")
    with assert_no_rokka_calls():
        Photo.objects.get().save()
    assert Photo.objects.values_list("image", "image_width").get() == ("uploads/holiday.jpg", 40)
    assert photo.image_width == 40
