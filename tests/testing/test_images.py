"""The pictures that users' tests make."""

from __future__ import annotations

import pytest
from PIL import Image

from django_rokka.testing import make_image


@pytest.mark.parametrize("extension", ["jpg", "jpeg", "png", "gif", "webp", "avif"])
def test_make_image__is_a_real_picture_of_this_size_and_colour(extension: str) -> None:
    file = make_image(f"a.{extension}", width=31, height=17, colour="navy")

    with Image.open(file) as image:
        assert image.get_format_mimetype() == file.content_type
        assert image.size == (31, 17)
        red, green, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert red < 12
    assert green < 12
    assert abs(blue - 128) < 12


def test_make_image__writes_svg() -> None:
    file = make_image("a.svg", width=31, height=17, colour="navy")

    assert file.content_type == "image/svg+xml"
    assert file.read() == (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="31" height="17">'
        b'<rect width="31" height="17" fill="navy"/></svg>'
    )


def test_make_image__refuses_what_is_no_picture() -> None:
    with pytest.raises(ValueError, match=r"'a\.txt' has no extension of a picture, must be one of"):
        make_image("a.txt")
