from __future__ import annotations

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from django_rokka.render import RenderURL, rendered_size

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, RED, decode, encode, halves, is_close, pixel, plain

SIDES = st.integers(1, 90)
RESIZES = st.builds(
    "resize-width-{}-height-{}-mode-{}-upscale-{}-upscale_dpr-{}".format,
    SIDES,
    SIDES,
    st.sampled_from(["box", "fill", "absolute"]),
    st.sampled_from(["true", "false"]),
    st.sampled_from(["true", "false"]),
)
CROPS = st.builds(
    "crop-width-{}-height-{}-mode-{}-anchor-{}".format,
    SIDES,
    SIDES,
    st.sampled_from(["absolute", "ratio"]),
    st.sampled_from(["auto", "left_top", "right_bottom", "3_70", "smart"]),
)
TURNS = st.builds("rotate-angle-{}".format, st.sampled_from([0, 90, 180, 270]))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    source=st.sampled_from([(60, 40), (41, 87), (1, 50), (33, 1)]),
    steps=st.lists(st.one_of(RESIZES, CROPS, TURNS), max_size=3).filter(
        lambda steps: any(step.startswith("resize") for step in steps)
    ),
    dpr=st.sampled_from(["1", "1.5", "2"]),
)
def test_picture__has_the_predicted_size(
    shared_rokka: Rokka,
    source: tuple[int, int],
    steps: list[str],
    dpr: str,
) -> None:
    digest = shared_rokka.upload(encode(plain(*source, RED)))["hash"]
    path = f"/dynamic/{'--'.join(steps)}/o-dpr-{dpr}/{digest}.png"
    url = RenderURL.parse(path)
    expected = rendered_size(url.operations, *source, dpr=float(dpr))
    assert shared_rokka.picture(path).size == expected


@pytest.mark.parametrize(
    ("anchor", "colour"),
    [
        ("left_top", RED),
        ("left_center", RED),
        ("right_bottom", BLUE),
        ("0_0", RED),
        ("40_10", BLUE),
        ("9999_9999", BLUE),
        ("right-top", BLUE),
    ],
)
def test_crop__takes_what_the_anchor_says(
    rokka: Rokka, anchor: str, colour: tuple[int, ...]
) -> None:
    # A hyphen separates in a URL, so that such an anchor has to stand in a stack.
    options = {"width": 20, "height": 20, "anchor": anchor}
    rokka.put_stack("cut", {"operations": [{"name": "crop", "options": options}]})
    picture = rokka.picture(f"/cut/{rokka.upload(encode(halves(60, 40)))['hash']}.png")
    assert {pixel(picture, x, y) for x in (0, 1) for y in (0, 1)} == {colour}


def test_crop__in_the_center_shows_both_halves(rokka: Rokka) -> None:
    digest = rokka.upload(encode(halves(60, 40)))["hash"]
    picture = rokka.picture(f"/dynamic/crop-width-20-height-20/{digest}.png")
    assert (pixel(picture, 0, 0), pixel(picture, 1, 1)) == (RED, BLUE)


@pytest.mark.parametrize("anchor", ["auto", "subjectarea"])
@pytest.mark.parametrize(
    "area",
    [
        {"x": 55, "y": 5, "width": 4, "height": 4},
        {"x": 90, "y": 50, "width": 5, "height": 5, "percentage": True},
    ],
)
def test_crop__follows_the_subject_area(rokka: Rokka, anchor: str, area: dict[str, int]) -> None:
    fields = {"meta_dynamic[0]": json.dumps({"subject_area": area})}
    digest = rokka.upload(encode(halves(60, 40)), **fields)["hash"]
    path = f"/dynamic/resize-width-120--crop-width-40-height-40-anchor-{anchor}/{digest}.png"
    picture = rokka.picture(path)
    assert {pixel(picture, 0, 0), pixel(picture, 1, 1)} == {BLUE}


def test_crop__falls_back_without_a_subject_area(rokka: Rokka) -> None:
    digest = rokka.upload(encode(halves(60, 40)))["hash"]
    path = f"/dynamic/crop-width-9-height-9-anchor-face-fallback-left_top/{digest}.png"
    assert pixel(rokka.picture(path), 1, 1) == RED
    in_circles = f"/dynamic/crop-width-20-height-20-anchor-auto-fallback-face/{digest}.png"
    assert pixel(rokka.picture(in_circles), 1, 1) == BLUE


def test_smart_crop__finds_what_draws_attention(rokka: Rokka) -> None:
    quiet = plain(300, 100, (128, 128, 128))
    scene = quiet.insert(plain(30, 30, RED), 250, 30)
    digest = rokka.upload(encode(scene))["hash"]
    picture = rokka.picture(f"/dynamic/crop-width-100-height-100-anchor-smart/{digest}.png")
    colours = picture.convert("RGB").getcolors(10_000) or []
    assert RED in [colour for _, colour in colours]


def test_rotate__turns_clockwise(rokka: Rokka) -> None:
    digest = rokka.upload(encode(halves(60, 40)))["hash"]
    picture = rokka.picture(f"/dynamic/rotate-angle-90/{digest}.png")
    assert picture.size == (40, 60)
    assert (pixel(picture, 0.5, 0), pixel(picture, 0.5, 1)) == (RED, BLUE)


def test_rotate__fills_the_corners(rokka: Rokka) -> None:
    digest = rokka.upload(encode(plain(60, 40, RED)))["hash"]
    clear = rokka.picture(f"/dynamic/rotate-angle-45/{digest}.png")
    assert clear.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)
    path = f"/dynamic/rotate-angle-45-background_color-0000ff-background_opacity-100/{digest}.png"
    assert rokka.picture(path).convert("RGBA").getpixel((0, 0)) == (*BLUE, 255)


def test_grayscale__takes_the_colour_away(rokka: Rokka) -> None:
    digest = rokka.upload(encode(halves(60, 40)))["hash"]
    red, green, blue = pixel(rokka.picture(f"/dynamic/grayscale/{digest}.png"), 0.1, 0.5)
    assert red == green == blue


def test_blur__mixes_neighbours(rokka: Rokka) -> None:
    digest = rokka.upload(encode(halves(60, 40)))["hash"]
    picture = rokka.picture(f"/dynamic/blur-sigma-6/{digest}.png")
    assert is_close(pixel(picture, 0.5, 0.5), (128, 0, 128), 25)
    untouched = rokka.picture(f"/dynamic/blur-sigma-0/{digest}.png")
    assert (pixel(untouched, 0.45, 0.5), pixel(untouched, 0.55, 0.5)) == (RED, BLUE)


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
