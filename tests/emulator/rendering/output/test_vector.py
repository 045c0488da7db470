from __future__ import annotations

from typing import Any

import pytest
import pyvips

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, RED, SVG, WHITE, decode, encode, is_close, pixel, plain


@pytest.mark.parametrize(
    "operations",
    [
        *("noop", "autorotate", "rotate-angle-0", "resize-width-60-sharpen-true"),
        *("resize-width-600-upscale-false", "resize-width-30/o-dpr-2"),
    ],
)
def test_svg__stays_byte_by_byte(rokka: Rokka, operations: str) -> None:
    digest = rokka.upload(SVG)["hash"]
    response = rokka.render(f"/dynamic/{operations}/{digest}.svg")
    assert (response.content, response.headers["Content-Type"]) == (SVG, "image/svg+xml")


@pytest.mark.parametrize(
    ("operations", "size"),
    [
        ("resize-width-30", (30, 20)),
        ("resize-width-600", (600, 400)),
        ("resize-width-30-sharpen-true", (30, 20)),
        ("resize-width-60/o-dpr-2", (120, 80)),
        ("resize-width-30-height-90-mode-absolute", (30, 90)),
    ],
)
def test_svg__has_the_size_that_is_asked_for(
    rokka: Rokka, operations: str, size: tuple[int, int]
) -> None:
    digest = rokka.upload(SVG)["hash"]
    content = rokka.render(f"/dynamic/{operations}/{digest}.svg").content
    picture = decode(pyvips.Image.svgload_buffer(content).write_to_buffer(".png"))
    assert (picture.size, b"data:image/svg+xml" in content) == (size, True)
    assert is_close(pixel(picture, 0.2, 0.5), RED)
    assert is_close(pixel(picture, 0.8, 0.5), BLUE)


def test_svg__runs_nothing_when_opened_by_itself(rokka: Rokka) -> None:
    digest = rokka.upload(SVG)["hash"]
    policy = rokka.render(f"/dynamic/{digest}.svg").headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_svg__is_cropped_as_a_view_onto_it(rokka: Rokka) -> None:
    digest = rokka.upload(SVG)["hash"]
    # 120 x 80, of which the 40 x 40 in the middle show both colours.
    path = f"/dynamic/resize-width-120--crop-width-40-height-40/{digest}.svg"
    drawn = pyvips.Image.svgload_buffer(rokka.render(path).content)
    picture = decode(drawn.write_to_buffer(".png"))
    assert picture.size == (40, 40)
    assert is_close(pixel(picture, 0.4, 0.5), RED)
    assert is_close(pixel(picture, 0.6, 0.5), BLUE)


@pytest.mark.parametrize(
    ("operations", "first", "last"),
    [
        ("autorotate-width-1-height-2", RED, BLUE),
        ("autorotate-width-1-height-2-rotation_direction-counterclockwise", BLUE, RED),
        # Twice the same way is upside down.
        (
            "autorotate-width-1-height-2--autorotate-width-2-height-1--crop-width-9-height-9-anchor-0_0",
            BLUE,
            BLUE,
        ),
        ("crop-width-30-height-20-anchor-right_top--{back}", BLUE, BLUE),
        ("autorotate-width-1-height-2--crop-width-20-height-30-anchor-left_top", RED, RED),
        ("{back}--resize-width-80--crop-width-20-height-30-anchor-left_top", BLUE, BLUE),
        ("rotate-angle-90", RED, BLUE),
        ("rotate-angle-270", BLUE, RED),
        ("rotate-angle-180--crop-width-30-height-40-anchor-left_top", BLUE, BLUE),
        ("crop-width-30-height-20-anchor-left_top--rotate-angle-180", RED, RED),
    ],
)
def test_svg__is_turned_as_a_view_onto_it(
    rokka: Rokka, operations: str, first: tuple[int, ...], last: tuple[int, ...]
) -> None:
    back = "autorotate-width-1-height-2-rotation_direction-counterclockwise"
    digest = rokka.upload(SVG)["hash"]
    path = f"/dynamic/{operations.format(back=back)}/{digest}"
    content = rokka.render(f"{path}.svg").content
    drawn = pyvips.Image.svgload_buffer(content)
    picture, pixels = decode(drawn.write_to_buffer(".png")), rokka.picture(f"{path}.png")
    assert (picture.size, b"data:image/svg+xml" in content) == (pixels.size, True)
    for found in (picture, pixels):
        assert is_close(pixel(found, 0.5, 0.1), first)
        assert is_close(pixel(found, 0.5, 0.9), last)


@pytest.mark.parametrize(
    "operations",
    [
        "grayscale",
        "rotate-angle-45",
        "trim",
        "crop-width-9-height-9-anchor-smart",
        "crop-width-9-height-9-anchor-face-fallback-smart",
    ],
)
def test_svg__holds_the_pixels_that_an_operation_needs(rokka: Rokka, operations: str) -> None:
    path = f"/dynamic/{operations}/{rokka.upload(SVG)['hash']}"
    response = rokka.render(f"{path}.svg")
    assert response.headers["Content-Type"] == "image/svg+xml"
    drawn = pyvips.Image.svgload_buffer(response.content)
    picture, pixels = decode(drawn.write_to_buffer(".png")), rokka.picture(f"{path}.png")
    assert picture.size == pixels.size
    for x in (0.1, 0.9):
        assert is_close(pixel(picture, x, 0.5), pixel(pixels, x, 0.5))


@pytest.mark.parametrize(
    ("layer", "size"),
    [
        ({"width": 600}, (600, 400)),
        ({"width": 300, "height": 400, "resize_mode": "fill"}, (600, 400)),
        ({"resize_to_primary": True}, (900, 600)),
        ({}, (60, 40)),
    ],
)
@pytest.mark.parametrize("dpr", [1, 2])
def test_svg__is_a_layer_with_sharp_edges(
    rokka: Rokka, layer: dict[str, Any], size: tuple[int, int], dpr: int
) -> None:
    digest = rokka.upload(encode(plain(900, 600, WHITE)))["hash"]
    mark = rokka.upload(SVG)["hash"]
    operations = [
        {"name": "resize", "options": {"width": 900}},
        {
            "name": "composition",
            "options": {"secondary_image": mark, "anchor": "left_top", **layer},
        },
    ]
    rokka.put_stack("marked", operations)
    picture = rokka.picture(f"/marked/o-dpr-{dpr}/{digest}.png").convert("RGB")
    width, height = size[0] * dpr, size[1] * dpr
    assert picture.size == (900 * dpr, 600 * dpr)
    row = [picture.getpixel((x, height - 1)) for x in range(width)]
    assert row == [RED] * (width // 2) + [BLUE] * (width // 2)
