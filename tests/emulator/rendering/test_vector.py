from __future__ import annotations

import pytest
import pyvips

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, RED, SVG, decode, is_close, pixel


@pytest.mark.parametrize("operations", ["noop", "resize-width-600", "autorotate"])
def test_svg__stays_byte_by_byte(rokka: Rokka, operations: str) -> None:
    digest = rokka.upload(SVG)["hash"]
    response = rokka.render(f"/dynamic/{operations}/{digest}.svg")
    assert (response.content, response.headers["Content-Type"]) == (SVG, "image/svg+xml")


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
    "operations", ["grayscale", "rotate-angle-90", "crop-width-9-height-9-anchor-smart"]
)
def test_svg__has_no_pixels_to_work_on(rokka: Rokka, operations: str) -> None:
    digest = rokka.upload(SVG)["hash"]
    response = rokka.render(f"/dynamic/{operations}/{digest}.svg")
    assert response.status_code == 501
    assert "Ask for png or webp instead." in response.json()["error"]["message"]
