"""The size that validators and templates see before the upload is the one after it."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from tests.lifecycle.mirror import Mirror
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size__before_the_upload_is_that_of_after_it(mirror: Mirror, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    with BytesIO() as file:
        Image.new("RGB", (40, 30)).save(file, "JPEG", exif=exif)
        photo = Photo(image=ContentFile(file.getvalue(), "lake.jpg"))
    before = photo.image.width, photo.image.height
    photo.save()
    assert before == (photo.image.width, photo.image.height)
