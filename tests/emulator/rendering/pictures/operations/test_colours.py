from __future__ import annotations

import io
import math

import pytest
import pyvips
from PIL import Image

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import animation, encode, halves, is_close, pixel, plain

BROWN = (200, 100, 50)
SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
CHANGES = [
    *("alpha", "alpha-mode-extract", "alpha-mode-remove", "alpha-mode-apply-opacity-0"),
    *("grayscale", "sepia", "multiply-factor-0", "multiply-factor_color-000000"),
    "modulate-brightness-500-saturation-500-hue-360",
    "modulate-brightness-0",
]


def to_lch(colour: tuple[int, ...]) -> tuple[float, float, float]:
    """CIE LCh of sRGB under D65."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in colour)
    ]
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(a * b for a, b in zip(row, linear, strict=True)) for row in rows]
    white = (0.9505, 1.0, 1.089)
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (a / b for a, b in zip(xyz, white, strict=True))
    )
    a, b = 500 * (x - y), 200 * (y - z)
    return 116 * y - 16, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def one_pixel(shared_rokka: Rokka, operation: str, colour: tuple[int, ...]) -> tuple[int, ...]:
    digest = shared_rokka.upload(encode(plain(8, 8, colour)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/{operation}/{digest}.png")
    found = picture.getpixel((4, 4))
    assert isinstance(found, tuple)
    return found


def test_grayscale__takes_the_colour_away(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40)))["hash"]
    red, green, blue = pixel(shared_rokka.picture(f"/dynamic/grayscale/{digest}.png"), 0.1, 0.5)
    assert red == green == blue


@pytest.mark.parametrize(
    ("levels", "grays"),
    [(2, {0, 255}), (4, {0, 85, 170, 255}), (255, set(range(256))), (256, set(range(256)))],
)
@pytest.mark.parametrize("alpha", [False, True])
def test_grayscale__leaves_so_many_levels(
    shared_rokka: Rokka,
    levels: int,
    grays: set[int],
    alpha: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    ramp = pyvips.Image.identity().cast("uchar")
    ramp = ramp.bandjoin([ramp, ramp]).copy(interpretation="srgb")
    digest = shared_rokka.upload(encode(ramp.bandjoin(77) if alpha else ramp))["hash"]
    picture = shared_rokka.picture(f"/dynamic/grayscale-levels-{levels}/{digest}.png")
    data = picture.convert("RGBA").tobytes()
    assert set(data[3::4]) == {77 if alpha else 255}
    assert data[::4] == data[1::4] == data[2::4]
    assert (set(data[::4]) <= grays, len(set(data[::4]))) == (True, levels)
    # Of two grays that are as near either may be left.
    assert all(
        abs(gray - before) <= 128 / (levels - 1) + 0.5 for before, gray in enumerate(data[::4])
    )


def test_sepia__is_a_matrix(shared_rokka: Rokka) -> None:
    expected = [sum(a * b for a, b in zip(row, BROWN, strict=True)) for row in SEPIA]
    assert is_close(one_pixel(shared_rokka, "sepia", BROWN), tuple(map(round, expected)), 1)


def test_sepia__stays_within_what_a_pixel_holds(shared_rokka: Rokka) -> None:
    assert one_pixel(shared_rokka, "sepia", (255, 255, 255)) == (255, 255, 239)


@pytest.mark.parametrize(
    ("operation", "factors"),
    [
        ("multiply", (0.96, 0.96, 0.96)),
        ("multiply-factor-0.5", (0.5, 0.5, 0.5)),
        ("multiply-factor-0", (0, 0, 0)),
        ("multiply-factor_color-ff8000", (1, 128 / 255, 0)),
        ("multiply-factor-0.1-factor_color-ffffff", (1, 1, 1)),
    ],
)
def test_multiply__darkens_each_channel(
    shared_rokka: Rokka, operation: str, factors: tuple[float, ...]
) -> None:
    expected = tuple(round(a * b) for a, b in zip(BROWN, factors, strict=True))
    assert one_pixel(shared_rokka, operation, BROWN) == expected


def test_modulate__changes_nothing_by_default(shared_rokka: Rokka) -> None:
    assert one_pixel(shared_rokka, "modulate-hue-360", BROWN) == BROWN


@pytest.mark.parametrize(
    ("operation", "brightness", "saturation", "hue"),
    [
        ("modulate-brightness-150", 1.5, 1, 0),
        ("modulate-brightness-50", 0.5, 1, 0),
        ("modulate-saturation-50", 1, 0.5, 0),
        ("modulate-saturation-0", 1, 0, 0),
        ("modulate-hue-90", 1, 1, 90),
        ("modulate-brightness-80-saturation-120-hue-300", 0.8, 1.2, 300),
    ],
)
def test_modulate__works_on_lightness_chroma_and_hue(
    shared_rokka: Rokka, operation: str, brightness: float, saturation: float, hue: float
) -> None:
    colour = (150, 110, 100)
    lightness, chroma, angle = to_lch(colour)
    found = to_lch(one_pixel(shared_rokka, operation, colour))
    assert found[0] == pytest.approx(lightness * brightness, abs=1)
    assert found[1] == pytest.approx(chroma * saturation, abs=2)
    if saturation:
        assert abs((found[2] - angle - hue + 180) % 360 - 180) < 4


def test_modulate__at_no_brightness_is_black(shared_rokka: Rokka) -> None:
    assert one_pixel(shared_rokka, "modulate-brightness-0", BROWN) == (0, 0, 0)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("alpha", (128, 128, 128)),
        ("alpha-mode-mask", (128, 128, 128)),
        ("alpha-mode-extract", (0, 0, 0, 128)),
        ("alpha-mode-remove", BROWN),
        ("alpha-mode-apply", (*BROWN, 64)),
        ("alpha-mode-apply-opacity-25", (*BROWN, 32)),
        ("alpha-mode-apply-opacity-100", (*BROWN, 128)),
    ],
)
def test_alpha__of_what_is_half_transparent(
    shared_rokka: Rokka, operation: str, expected: tuple[int, ...]
) -> None:
    assert one_pixel(shared_rokka, operation, (*BROWN, 128)) == expected


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("alpha", (255, 255, 255)),
        ("alpha-mode-remove", BROWN),
        ("alpha-mode-apply-opacity-50", (*BROWN, 128)),
    ],
)
def test_alpha__of_what_is_opaque(
    shared_rokka: Rokka, operation: str, expected: tuple[int, ...]
) -> None:
    assert one_pixel(shared_rokka, operation, BROWN) == expected


@pytest.mark.parametrize("operation", ["sepia", "multiply", "modulate-hue-90", "grayscale"])
def test_colours__leave_the_alpha_channel_alone(shared_rokka: Rokka, operation: str) -> None:
    *found, opacity = one_pixel(shared_rokka, operation, (*BROWN, 77))
    assert opacity == 77
    assert tuple(found) == one_pixel(shared_rokka, operation, BROWN)


@pytest.mark.parametrize("operation", ["grayscale", "modulate-saturation-0"])
def test_colours__change_every_frame(shared_rokka: Rokka, operation: str) -> None:
    digest = shared_rokka.upload(animation("GIF"), "a.gif")["hash"]
    content = shared_rokka.render(f"/dynamic/{operation}/{digest}.webp").content
    picture = Image.open(io.BytesIO(content))
    assert getattr(picture, "n_frames", 1) == 3
    for frame in range(3):
        picture.seek(frame)
        red, green, blue = pixel(picture, 0.5, 0.5)
        assert max(red, green, blue) - min(red, green, blue) <= 3


@pytest.mark.parametrize("operation", CHANGES)
@pytest.mark.parametrize("colour", [BROWN, (*BROWN, 0)])
def test_colours__of_a_single_pixel(
    shared_rokka: Rokka, operation: str, colour: tuple[int, ...]
) -> None:
    digest = shared_rokka.upload(encode(plain(1, 1, colour)))["hash"]
    assert shared_rokka.picture(f"/dynamic/{operation}/{digest}.png").size == (1, 1)


@pytest.mark.parametrize(
    "operation",
    [
        *("alpha-mode-x", "alpha-opacity-101", "modulate-brightness-501", "modulate-hue-361"),
        *("modulate-saturation-x", "multiply-factor-1.1", "multiply-factor_color-red"),
        *("sepia-amount-3", "multiply-factor-nan", "grayscale-levels-1", "grayscale-levels-257"),
    ],
)
def test_colours__refuse_what_rokka_does_not_have(shared_rokka: Rokka, operation: str) -> None:
    digest = shared_rokka.upload(encode(plain(2, 2, BROWN)))["hash"]
    assert shared_rokka.render(f"/dynamic/{operation}/{digest}.png").status_code == 400
