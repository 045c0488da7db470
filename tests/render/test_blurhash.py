"""Pictures from a BlurHash."""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from PIL import Image

from django_rokka.emulator.rendering.output.blurhash import encode
from django_rokka.render.blurhash import read_colour, write_picture


def open_picture(text: str) -> Image.Image:
    head, _, content = write_picture(text).partition(",")
    assert head == "data:image/png;base64"
    return Image.open(BytesIO(base64.b64decode(content))).convert("RGB")


def test_picture__of_one_colour_is_of_that_colour() -> None:
    text = encode([[(20, 120, 220)] * 100] * 100)
    assert read_colour(text) == "#1478dc"
    picture = open_picture(text)
    assert picture.size == (8, 6)
    for x in range(8):
        for y in range(6):
            found = picture.getpixel((x, y))
            assert found == pytest.approx((20, 120, 220), abs=16)


def test_picture__is_light_where_the_original_is() -> None:
    rows = [[(0, 0, 0)] * 16 + [(255, 255, 255)] * 16] * 32
    shades = open_picture(encode(rows)).convert("L").tobytes()
    left, right = shades[3 * 8], shades[3 * 8 + 7]
    assert right - left > 120


def test_picture__has_top_and_bottom() -> None:
    rows = [[(0, 0, 0)] * 32] * 16 + [[(255, 255, 255)] * 32] * 16
    shades = open_picture(encode(rows)).convert("L").tobytes()
    top, bottom = shades[4], shades[5 * 8 + 4]
    assert bottom - top > 120


@pytest.mark.parametrize(
    "text",
    ["", "LEHV6", "LEHV6nWB2yk8pyo0adR*.7kCMdn", "LEHV6nWB2yk8pyo0adR*.7kCMdn ", "blur", "é" * 28],
)
def test_picture__of_another_text_is_none(text: str) -> None:
    assert (read_colour(text), write_picture(text)) == ("", "")
