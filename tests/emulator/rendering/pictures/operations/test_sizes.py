from __future__ import annotations

import io
from typing import Any

import pytest
import pyvips
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from django_rokka.render import RenderURL, rendered_size

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import (
    BLUE,
    GREEN,
    RED,
    SVG,
    WHITE,
    animation,
    decode,
    encode,
    halves,
    is_close,
    pixel,
    places,
    plain,
)

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
    "crop-width-{}-height-{}-mode-{}-anchor-{}-scale-{}".format,
    SIDES,
    SIDES,
    st.sampled_from(["absolute", "ratio"]),
    st.sampled_from(["auto", "left_top", "right_bottom", "3_70", "smart"]),
    st.sampled_from([100, 37.5, 1]),
)
TURNS = st.builds("rotate-angle-{}".format, st.sampled_from([0, 90, 180, 270]))
FITS = st.sampled_from(["autorotate-width-3-height-2", "autorotate-width-2-height-3"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    source=st.sampled_from([(60, 40), (41, 87), (1, 50), (33, 1)]),
    steps=st.lists(st.one_of(RESIZES, CROPS, TURNS, FITS), max_size=3).filter(
        lambda steps: any(step.startswith("resize") for step in steps)
    ),
    dpr=st.sampled_from(["1", "1.5", "2", "3"]),
)
def test_picture__has_the_predicted_size(
    shared_rokka: Rokka, source: tuple[int, int], steps: list[str], dpr: str
) -> None:
    digest = shared_rokka.upload(encode(plain(*source, RED)))["hash"]
    path = f"/dynamic/{'--'.join(steps)}/o-dpr-{dpr}/{digest}.png"
    url = RenderURL.parse(path)
    expected = rendered_size(url.operations, *source, dpr=float(dpr))
    assert shared_rokka.picture(path).size == expected


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ("width-30", (30, 20)),
        ("height-10", (15, 10)),
        ("width-30-height-30", (30, 20)),
        ("width-30-height-30-mode-fill", (45, 30)),
        ("width-30-height-30-mode-absolute", (30, 30)),
        ("width-120", (120, 80)),
        ("width-120-upscale-false", (60, 40)),
        ("width-30/o-dpr-2", (60, 40)),
        ("width-60/o-dpr-2", (120, 80)),
        ("width-60-upscale-false/o-dpr-2", (120, 80)),
        ("width-60-upscale-false-upscale_dpr-false/o-dpr-2", (60, 40)),
        ("width-6/o-dpr-10", (60, 40)),
        # Each side is limited by itself.
        ("width-400-height-400-mode-absolute-upscale-false", (60, 40)),
        ("width-400-height-20-mode-absolute-upscale-false", (60, 20)),
        ("width-30-height-400-mode-absolute-upscale-false/o-dpr-2", (60, 80)),
        ("width-30-height-30-mode-absolute-upscale_dpr-false/o-dpr-2", (60, 40)),
        # Of what another one has made no more than at a dpr of 1.
        ("width-30-upscale-false--resize-width-50-upscale-false", (30, 20)),
        ("width-30-upscale-false--resize-width-50-upscale-false/o-dpr-2", (60, 40)),
        ("width-30--resize-width-50-upscale-false/o-dpr-3", (90, 60)),
        ("width-30--resize-width-50-upscale-false-upscale_dpr-false/o-dpr-2", (60, 40)),
    ],
)
def test_resize__shows_all_of_the_picture(
    shared_rokka: Rokka, options: str, size: tuple[int, int]
) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/resize-{options}/{digest}.png")
    assert picture.size == size
    assert is_close(pixel(picture, 0.2, 0.5), RED)
    assert is_close(pixel(picture, 0.8, 0.5), BLUE)


def test_resize__mixes_no_colour_of_what_is_transparent(shared_rokka: Rokka) -> None:
    clear = plain(30, 40, BLUE).bandjoin(0)
    digest = shared_rokka.upload(encode(plain(30, 40, RED).bandjoin(255).join(clear, "horizontal")))
    picture = shared_rokka.picture(f"/dynamic/resize-width-21/{digest['hash']}.png")
    for x in range(picture.width):
        found = picture.getpixel((x, 7))
        assert isinstance(found, tuple)
        assert found[3] == 0 or is_close(found[:3], RED, 3)


def contrast(picture: Image.Image) -> float:
    image = pyvips.Image.new_from_buffer(encode_pillow(picture), "")
    return float(image.deviate())


def encode_pillow(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def photo() -> Any:
    """Noise, of which the histogram is as broad as a photo's."""
    noise = pyvips.Image.gaussnoise(120, 80, mean=128, sigma=30, seed=7).gaussblur(1.5)
    noise = noise.linear(6, -640).cast("uchar")
    return noise.bandjoin([noise, noise]).copy(interpretation="srgb")


@pytest.mark.parametrize("alpha", [False, True])
def test_sharpen__sharpens_photos_that_became_smaller(
    shared_rokka: Rokka,
    alpha: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    digest = shared_rokka.upload(encode(photo().bandjoin(200) if alpha else photo()))["hash"]
    plainly = shared_rokka.picture(f"/dynamic/resize-width-60/{digest}.png")
    sharp = shared_rokka.picture(f"/dynamic/resize-width-60-sharpen-true/{digest}.png")
    assert contrast(sharp.convert("RGB")) > contrast(plainly.convert("RGB")) + 1
    if alpha:
        assert sharp.getchannel("A").getextrema() == (200, 200)


def test_sharpen__may_be_an_expression(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(photo()))["hash"]
    expressions = {"width": "60", "sharpen": "image.width > $limit"}
    shared_rokka.put_stack(
        "small",
        {
            "operations": [{"name": "resize", "expressions": expressions}],
            "variables": {"limit": 100},
        },
    )
    sharp = shared_rokka.render(f"/dynamic/resize-width-60-sharpen-true/{digest}.png").content
    plainly = shared_rokka.render(f"/dynamic/resize-width-60/{digest}.png").content
    assert shared_rokka.render(f"/small/{digest}.png").content == sharp
    assert shared_rokka.render(f"/small/v-limit-200/{digest}.png").content == plainly
    assert sharp != plainly


@pytest.mark.parametrize(
    ("source", "width"), [(photo(), 240), (photo(), 120), (halves(120, 80), 50)]
)
def test_sharpen__leaves_alone_what_grew_and_what_is_no_photo(
    shared_rokka: Rokka, source: Any, width: int
) -> None:
    digest = shared_rokka.upload(encode(source))["hash"]
    plainly, sharp = (
        shared_rokka.render(f"/dynamic/resize-width-{width}{sharpen}/{digest}.png").content
        for sharpen in ("", "-sharpen-true")
    )
    assert plainly == sharp


@pytest.mark.parametrize(
    ("angle", "size", "corner"),
    [
        ("0", (60, 40), (0, 0)),
        ("90", (40, 60), (0, 39)),
        ("180", (60, 40), (59, 39)),
        ("270", (40, 60), (59, 0)),
        ("360", (60, 40), (0, 0)),
        ("-90", (40, 60), (59, 0)),
        ("-180", (60, 40), (59, 39)),
        ("-360", (60, 40), (0, 0)),
    ],
)
def test_rotate__turns_clockwise(
    shared_rokka: Rokka, angle: str, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    # A minus cannot be written in a URL.
    operations = [{"name": "rotate", "options": {"angle": float(angle)}}]
    shared_rokka.put_stack("turned", {"operations": operations}, overwrite="true")
    digest = shared_rokka.upload(encode(places(60, 40)))["hash"]
    picture = shared_rokka.picture(f"/turned/{digest}.png")
    assert picture.size == size
    assert pixel(picture, 0, 0) == (*corner, 128)


@pytest.mark.parametrize(
    ("options", "corner"),
    [
        ("", (0, 0, 0, 0)),
        ("-background_opacity-100", (*WHITE, 255)),
        ("-background_color-0000ff-background_opacity-100", (*BLUE, 255)),
        ("-background_color-0000ff-background_opacity-40", (*BLUE, 102)),
    ],
)
@pytest.mark.parametrize("alpha", [255, 51])
def test_rotate__fills_the_corners(
    shared_rokka: Rokka, options: str, corner: tuple[int, ...], alpha: int
) -> None:
    source = plain(60, 40, RED)
    digest = shared_rokka.upload(encode(source if alpha == 255 else source.bandjoin(alpha)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/rotate-angle-45{options}/{digest}.png").convert(
        "RGBA"
    )
    assert picture.size == (71, 71)
    assert picture.getpixel((0, 0)) == corner
    assert picture.getpixel((70, 70)) == corner
    assert picture.getpixel((35, 35)) == (*RED, alpha)


@pytest.mark.parametrize("angle", ["30", "330"])
def test_rotate__turns_to_the_right_side(shared_rokka: Rokka, angle: str) -> None:
    digest = shared_rokka.upload(encode(halves(60, 60)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/rotate-angle-{angle}/{digest}.png")
    # The upper edge's left part is pushed up by a clockwise turn, its right part by the other.
    assert pixel(picture, 0.5, 0.15) == (RED if angle == "30" else BLUE)


def test_rotate__refuses_a_picture_that_would_grow_too_large(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(plain(60, 40, RED)))["hash"]
    stripe = "resize-width-10000-height-1-mode-absolute"
    response = shared_rokka.render(f"/dynamic/{stripe}--rotate-angle-45/o-dpr-10/{digest}.png")
    assert response.status_code == 400
    assert "more than 225 megapixels" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("options", "size", "corner"),
    [
        ("", (60, 40), (0, 0)),
        ("-width-9", (60, 40), (0, 0)),
        ("-height-9", (60, 40), (0, 0)),
        ("-width-9-height-9", (60, 40), (0, 0)),
        ("-width-90-height-10", (60, 40), (0, 0)),
        ("-width-9-height-10", (40, 60), (0, 39)),
        ("-width-9-height-10-rotation_direction-clockwise", (40, 60), (0, 39)),
        ("-width-9-height-10-rotation_direction-counterclockwise", (40, 60), (59, 0)),
        ("-width-10-height-9-rotation_direction-counterclockwise", (60, 40), (0, 0)),
        ("-rotation_direction-counterclockwise", (60, 40), (0, 0)),
    ],
)
def test_autorotate__turns_where_that_fits_the_format(
    shared_rokka: Rokka, options: str, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    digest = shared_rokka.upload(encode(places(60, 40)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/autorotate{options}/{digest}.png")
    assert picture.size == size
    assert pixel(picture, 0, 0) == (*corner, 128)


def test_autorotate__leaves_a_square_alone(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(places(40, 40)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/autorotate-width-9-height-10/{digest}.png")
    assert pixel(picture, 0, 0) == (0, 0, 128)


def bordered(border: tuple[int, ...], content: tuple[int, ...]) -> Any:
    """Content of 20 by 10 in a picture of 60 by 40, 11 from the left and 7 from the top."""
    return plain(60, 40, border).insert(plain(20, 10, content), 11, 7)


@pytest.mark.parametrize(
    ("border", "content"),
    [
        (WHITE, RED),
        ((0, 0, 0), (1, 0, 0)),
        # What is fully transparent has no colour.
        ((0, 0, 0, 0), (0, 0, 0, 255)),
        ((9, 200, 9, 0), (255, 255, 255, 4)),
        ((255, 0, 0, 128), (255, 0, 0, 255)),
    ],
)
def test_trim__cuts_off_the_background(
    shared_rokka: Rokka, border: tuple[int, ...], content: tuple[int, ...]
) -> None:
    digest = shared_rokka.upload(encode(bordered(border, content)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/trim/{digest}.png")
    assert picture.getcolors() == [(200, content)]


def test_trim__keeps_single_pixels(shared_rokka: Rokka) -> None:
    scene = plain(60, 40, WHITE).insert(plain(1, 1, RED), 3, 5).insert(plain(1, 1, RED), 50, 30)
    digest = shared_rokka.upload(encode(scene))["hash"]
    assert shared_rokka.picture(f"/dynamic/trim/{digest}.png").size == (48, 26)


@pytest.mark.parametrize(
    ("fuzzy", "size"),
    [("0", (60, 40)), ("19", (60, 40)), ("21", (20, 10)), ("100", (60, 40))],
)
def test_fuzzy__is_the_difference_that_is_still_background(
    shared_rokka: Rokka, fuzzy: str, size: tuple[int, int]
) -> None:
    # The edge differs by a fifth from the corner, the content by all there is.
    scene = bordered(WHITE, (0, 0, 0)).insert(plain(59, 1, (255, 204, 255)), 1, 39)
    scene = scene.insert(plain(1, 39, (255, 204, 255)), 0, 1)
    scene = scene.insert(plain(59, 1, (255, 204, 255)), 1, 0)
    scene = scene.insert(plain(1, 40, (255, 204, 255)), 59, 0)
    digest = shared_rokka.upload(encode(scene))["hash"]
    assert shared_rokka.picture(f"/dynamic/trim-fuzzy-{fuzzy}/{digest}.png").size == size


def test_trim__leaves_a_plain_picture_as_it_is(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(plain(60, 40, RED)))["hash"]
    assert shared_rokka.picture(f"/dynamic/trim/{digest}.png").getcolors() == [(2400, RED)]


def test_trim__shows_what_any_frame_shows(shared_rokka: Rokka) -> None:
    frames = [
        decode(encode(plain(60, 40, WHITE).insert(plain(10, 10, GREEN), x, y)))
        for x, y in ((5, 5), (30, 6), (6, 20))
    ]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)
    digest = shared_rokka.upload(file.getvalue(), "a.gif")["hash"]
    picture = shared_rokka.picture(f"/dynamic/trim/{digest}.gif")
    assert (getattr(picture, "n_frames", 1), picture.size) == (3, (35, 25))
    assert is_close(pixel(picture, 0, 0), GREEN, 20)


@pytest.mark.parametrize(
    ("operations", "size"),
    [
        ("rotate-angle-90", (40, 60)),
        ("rotate-angle-45", (71, 71)),
        ("autorotate-width-1-height-2", (40, 60)),
        ("resize-width-30-sharpen-true", (30, 20)),
        ("resize-width-10-height-70-mode-absolute", (10, 70)),
    ],
)
@pytest.mark.parametrize("format", ["gif", "webp"])
def test_animation__changes_in_all_frames(
    shared_rokka: Rokka, operations: str, size: tuple[int, int], format: str
) -> None:
    digest = shared_rokka.upload(animation("GIF"), "a.gif")["hash"]
    picture = shared_rokka.picture(f"/dynamic/{operations}/{digest}.{format}")
    assert (getattr(picture, "n_frames", 1), picture.size) == (3, size)
    for number, colour in enumerate((RED, GREEN, BLUE)):
        picture.seek(number)
        assert is_close(pixel(picture, 0.5, 0.5), colour, 20)


def test_svg__is_resized_as_it_is_drawn(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(SVG, "a.svg")["hash"]
    picture = shared_rokka.picture(f"/dynamic/resize-width-600/{digest}.png")
    assert picture.size == (600, 400)
    # Drawn at this size, so that the edge is sharp.
    assert pixel(picture, 0.497, 0.5) == RED
    assert pixel(picture, 0.503, 0.5) == BLUE


@pytest.mark.parametrize(
    "operation",
    [
        "resize",
        "resize-width-0",
        "resize-width-10001",
        "resize-width-9-mode-cover",
        "resize-width-9-sharpen-strongly",
        "rotate",
        "rotate-angle-361",
        "rotate-angle-9-background_color-red",
        "rotate-angle-9-background_opacity-101",
        "autorotate-width-0-height-9",
        "autorotate-width-9-height-9-rotation_direction-left",
        "trim-fuzzy-101",
        "trim-threshold-9",
    ],
)
def test_operation__refuses_what_is_not_documented(shared_rokka: Rokka, operation: str) -> None:
    digest = shared_rokka.upload(encode(plain(60, 40, RED)))["hash"]
    assert shared_rokka.render(f"/dynamic/{operation}/{digest}.png").status_code == 400
