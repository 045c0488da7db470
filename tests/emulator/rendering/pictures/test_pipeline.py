from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, RED, decode, encode, halves, is_close, pixel, plain


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("operations", ["noop", "resize-width-30", "crop-width-30-height-30"])
def test_orientation__is_applied_and_taken_out(
    rokka: Rokka, orientation: int, operations: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    decode(encode(halves(60, 40))).save(file, "JPEG", exif=exif, quality=95, subsampling=0)
    image = rokka.upload(file.getvalue())
    is_sideways = orientation >= 5
    assert (image["width"], image["height"]) == ((40, 60) if is_sideways else (60, 40))
    picture = rokka.picture(f"/dynamic/{operations}/{image['hash']}.jpg")
    assert not picture.getexif()
    first, last = ((0.5, 0.0), (0.5, 1.0)) if is_sideways else ((0.0, 0.5), (1.0, 0.5))
    is_turned = orientation in {2, 3, 7, 8}
    expected = (BLUE, RED) if is_turned else (RED, BLUE)
    for place, colour in zip((first, last), expected, strict=True):
        assert is_close(pixel(picture, *place), colour, 20)


@pytest.mark.parametrize("mode", ["CMYK", "L", "LA", "I;16", "P", "1"])
def test_colours__come_out_as_srgb(rokka: Rokka, mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (60, 40)).save(file, "TIFF" if mode == "CMYK" else "PNG")
    digest = rokka.upload(file.getvalue())["hash"]
    picture = rokka.picture(f"/dynamic/resize-width-30--rotate-angle-90/{digest}.png")
    assert picture.mode in {"RGB", "RGBA"}
    assert picture.size == (20, 30)


def test_colours__of_a_wide_profile_are_converted(rokka: Rokka) -> None:
    wide = plain(60, 40, (200, 40, 40)).icc_transform("p3", input_profile="srgb")
    data = encode(wide)
    assert not is_close(pixel(decode(data), 0.5, 0.5), (200, 40, 40))
    digest = rokka.upload(data)["hash"]
    picture = rokka.picture(f"/dynamic/resize-width-30/{digest}.png")
    assert is_close(pixel(picture, 0.5, 0.5), (200, 40, 40), 3)
    assert "icc_profile" not in picture.info
