from __future__ import annotations

import io
import math

import pytest
from PIL import Image

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import (
    BLUE,
    RED,
    animation,
    at,
    decode,
    encode,
    halves,
    is_close,
    plain,
)

EFFECTS = [
    *("blur", "blur-sigma-100", "blur-sigma-0-radius-500", "blur-sigma-0.0001"),
    *("sharpen", "sharpen-sigma-10-m1-100-m2-100-x1-0-y2-100-y3-100", "sharpen-sigma-0.01"),
    *("blur-sigma-150", "blur-sigma-1e308", "sharpen-m2-1000000-y2-1000", "circlemask-radius-9"),
    *("circlemask", "glitch", "glitch-amount-10-random-x", "glitch-amount-0"),
]


def pixels(picture: Image.Image, mode: str = "RGBA") -> list[tuple[int, ...]]:
    data = picture.convert(mode).tobytes()
    return [tuple(data[start : start + len(mode)]) for start in range(0, len(data), len(mode))]


def red_beside_nothing(width: int, height: int) -> bytes:
    """A red left half, and a blue one that is not to be seen."""
    return encode(
        plain(width // 2, height, (*RED, 255)).join(
            plain(width - width // 2, height, (*BLUE, 0)), "horizontal"
        )
    )


def expected_blur(distance: int, sigma: float) -> float:
    """How much of the left half is in a pixel so far right of the edge, by libvips' Gaussian."""
    weights = {
        offset: weight
        for offset in range(-40, 41)
        if (weight := math.exp(-(offset**2) / (2 * sigma**2))) >= 0.2
    }
    left = sum(weight for offset, weight in weights.items() if distance + offset < 0)
    return left / sum(weights.values())


@pytest.mark.parametrize("sigma", [2, 4, 6])
def test_blur__is_gaussian(shared_rokka: Rokka, sigma: float) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/blur-sigma-{sigma}/{digest}.png").convert("RGB")
    for x in range(20, 40):
        part = expected_blur(x - 30, sigma)
        expected = (round(255 * part), 0, round(255 * (1 - part)))
        assert is_close(at(picture, x, 20)[:3], expected, 3), x


def test_blur__of_no_sigma_changes_nothing(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40)))["hash"]
    untouched = shared_rokka.picture(f"/dynamic/blur-sigma-0/{digest}.png")
    assert pixels(untouched) == pixels(decode(encode(halves(60, 40))))


def test_blur__grows_with_dpr(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40)))["hash"]
    fine = shared_rokka.picture(f"/dynamic/resize-width-60--blur-sigma-3/o-dpr-2/{digest}.png")
    plainly = shared_rokka.picture(f"/dynamic/resize-width-120--blur-sigma-6/{digest}.png")
    assert fine.size == (120, 80)
    assert pixels(fine) == pixels(plainly)


@pytest.mark.parametrize("sigma", [3, 40])
def test_blur__takes_no_colour_from_what_is_transparent(shared_rokka: Rokka, sigma: int) -> None:
    digest = shared_rokka.upload(red_beside_nothing(60, 40))["hash"]
    found = pixels(shared_rokka.picture(f"/dynamic/blur-sigma-{sigma}/{digest}.png"))
    assert len({alpha for *_, alpha in found}) > 5
    for *colour, alpha in found:
        if alpha > 10:
            assert is_close(tuple(colour), RED, 16)


def test_blur__with_a_large_sigma_mixes_everything(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/blur-sigma-100/{digest}.png").convert("RGB")
    assert picture.size == (60, 40)
    assert is_close(at(picture, 30, 20)[:3], (128, 0, 128), 16)


def test_sharpen__makes_edges_stronger_and_leaves_areas(shared_rokka: Rokka) -> None:
    scene = plain(30, 20, (100, 100, 100)).join(plain(30, 20, (150, 150, 150)), "horizontal")
    digest = shared_rokka.upload(encode(scene))["hash"]
    picture = shared_rokka.picture(f"/dynamic/sharpen/{digest}.png")
    row = [at(picture, x, 10)[0] for x in (5, 29, 30, 55)]
    assert (row[0], row[3]) == (100, 150)
    assert row[1] < 100
    assert row[2] > 150


def test_sharpen__brightens_no_more_than_asked_for(shared_rokka: Rokka) -> None:
    scene = plain(30, 20, (100, 100, 100)).join(plain(30, 20, (150, 150, 150)), "horizontal")
    digest = shared_rokka.upload(encode(scene))["hash"]
    picture = shared_rokka.picture(f"/dynamic/sharpen-y2-0/{digest}.png").convert("L")
    assert max(picture.tobytes()) <= 151
    assert min(picture.tobytes()) < 100


def test_sharpen__leaves_the_alpha_channel_alone(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(red_beside_nothing(20, 8))["hash"]
    picture = shared_rokka.picture(f"/dynamic/sharpen/{digest}.png")
    assert picture.getchannel("A").getcolors() == [(80, 0), (80, 255)]


@pytest.mark.parametrize("size", [(41, 41), (60, 40), (7, 30), (2, 2)])
@pytest.mark.parametrize("opacity", [255, 100])
def test_circlemask__leaves_the_largest_circle(
    shared_rokka: Rokka, size: tuple[int, int], opacity: int
) -> None:
    width, height = size
    digest = shared_rokka.upload(encode(plain(width, height, (*RED, opacity))))["hash"]
    picture = shared_rokka.picture(f"/dynamic/circlemask/{digest}.png")
    assert picture.size == size
    for x in range(width):
        for y in range(height):
            distance = math.hypot(x - (width - 1) / 2, y - (height - 1) / 2)
            inside = max(0.0, min(1.0, min(size) / 2 + 0.5 - distance))
            assert at(picture, x, y)[3] == pytest.approx(inside * opacity, abs=1)


@pytest.mark.parametrize("size", [(41, 41), (60, 40), (7, 30)])
@pytest.mark.parametrize(
    ("radius", "dpr"), [("3", 1), ("3", 2), ("0", 1), ("10p", 1), ("10%", 2), ("9999", 1)]
)
def test_circlemask__with_a_radius_rounds_the_corners(
    shared_rokka: Rokka, size: tuple[int, int], radius: str, dpr: int
) -> None:
    digest = shared_rokka.upload(encode(plain(*size, (*RED, 255))))["hash"]
    operations = [
        {"name": "resize", "options": {"width": size[0]}},
        {"name": "circlemask", "options": {"radius": radius}},
    ]
    shared_rokka.put_stack("rounded", operations, overwrite="true")
    picture = shared_rokka.picture(f"/rounded/o-dpr-{dpr}/{digest}.png")
    width, height = size[0] * dpr, size[1] * dpr
    assert picture.size == (width, height)
    shorter = min(width, height)
    is_part = radius[-1] in "p%"
    wanted = min(shorter / 2, shorter / 10 if is_part else int(radius) * dpr)
    for x in range(width):
        for y in range(height):
            # How far a pixel is beyond the straight parts of the edges.
            across = max(0, abs(x - (width - 1) / 2) - (width / 2 - wanted))
            down = max(0, abs(y - (height - 1) / 2) - (height / 2 - wanted))
            inside = max(0.0, min(1.0, wanted + 0.5 - math.hypot(across, down))) if wanted else 1
            assert at(picture, x, y)[3] == pytest.approx(inside * 255, abs=1)


def test_glitch__is_the_same_for_the_same_random(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40)))["hash"]

    def glitched(options: str, format: str = "png") -> list[tuple[int, ...]]:
        return pixels(shared_rokka.picture(f"/dynamic/glitch{options}/{digest}.{format}"))

    assert glitched("-random-a") == glitched("-random-a-amount-4")
    assert glitched("-random-a") != glitched("-random-b")
    assert glitched("-random-a-amount-1") != glitched("-random-a-amount-9")
    assert glitched("-amount-0") == pixels(decode(encode(halves(60, 40))))
    # What is shifted around stays: no row has another count of red.
    for start in range(0, 60 * 40, 60):
        assert sum(red for red, *_ in glitched("-random-a")[start : start + 60]) == 30 * 255


def test_effects__change_every_frame(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(animation("GIF"), "a.gif")["hash"]
    content = shared_rokka.render(f"/dynamic/circlemask/{digest}.webp").content
    picture = Image.open(io.BytesIO(content))
    for frame, colour in enumerate([RED, (0, 128, 0), BLUE]):
        picture.seek(frame)
        assert is_close(at(picture, 30, 20)[:3], colour)
        assert at(picture, 1, 20)[3] == 0


@pytest.mark.parametrize("operation", EFFECTS)
@pytest.mark.parametrize("size", [(1, 1), (1, 90), (90, 1)])
@pytest.mark.parametrize("colour", [RED, (*RED, 100)])
def test_effects__of_thin_pictures(
    shared_rokka: Rokka, operation: str, size: tuple[int, int], colour: tuple[int, ...]
) -> None:
    digest = shared_rokka.upload(encode(plain(*size, colour)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/{operation}/{digest}.png")
    assert picture.size == size


@pytest.mark.parametrize(
    "operation",
    [
        *(
            "blur-sigma--1",
            "blur-sigma-inf",
            "blur-sigma-nan",
            "blur-sigma-x",
            "blur-radius-501",
            "sharpen-sigma-0",
        ),
        *("sharpen-sigma-11", "sharpen-m1-nan", "sharpen-y2-inf", "glitch-amount-11"),
        *("circlemask-radius-x", "circlemask-radius-", "circlemask-radius-999999", "sepia-x-1"),
    ],
)
def test_effects__refuse_what_rokka_does_not_have(shared_rokka: Rokka, operation: str) -> None:
    digest = shared_rokka.upload(encode(plain(2, 2, RED)))["hash"]
    assert shared_rokka.render(f"/dynamic/{operation}/{digest}.png").status_code == 400
