from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, RED, animation, at, encode, plain
from tests.emulator.rendering.pictures.operations.test_layers import CLEAR, boxes, upload


class TestDropshadow:
    def test_shadow__without_a_blur_is_the_shape_moved(self, shared_rokka: Rokka) -> None:
        digest = upload(shared_rokka, 20, 10, RED)
        options = "horizontal-5-vertical-3-sigma-0-opacity-50-color-0000ff"
        picture = shared_rokka.picture(f"/dynamic/dropshadow-{options}/{digest}.png")
        assert picture.size == (25, 13)
        assert boxes(picture, RED) == (0, 0, 20, 10)
        assert boxes(picture, (*BLUE, 128)) == (5, 3, 25, 13)
        assert picture.getpixel((0, 12)) == CLEAR

    @pytest.mark.parametrize(
        ("options", "margins"),
        [
            ("opacity-100", (1, 1, 1, 1)),
            ("sigma-3", (6, 6, 6, 6)),
            ("sigma-3-blur_radius-9", (9, 9, 9, 9)),
            ("sigma-3-horizontal-20-vertical-2", (0, 4, 26, 8)),
        ],
    )
    @pytest.mark.parametrize("dpr", [1, 2])
    def test_canvas__grows_by_twice_the_sigma_around_the_shadow(
        self, shared_rokka: Rokka, options: str, margins: tuple[int, ...], dpr: int
    ) -> None:
        left, top, right, bottom = margins
        digest = upload(shared_rokka, 40, 30, RED)
        path = f"/dynamic/resize-width-40--dropshadow-{options}/o-dpr-{dpr}/{digest}.png"
        picture = shared_rokka.picture(path)
        assert picture.size == (dpr * (40 + left + right), dpr * (30 + top + bottom))
        place = (left * dpr, top * dpr, (left + 40) * dpr, (top + 30) * dpr)
        assert boxes(picture, RED) == place

    def test_shadow__goes_to_the_left_and_upwards(self, shared_rokka: Rokka) -> None:
        digest = upload(shared_rokka, 20, 10, RED)
        options = [
            {
                "name": "dropshadow",
                "options": {"horizontal": -5, "vertical": -3, "sigma": 0, "color": "0000ff"},
            }
        ]
        shared_rokka.put_stack("upwards", options)
        picture = shared_rokka.picture(f"/upwards/{digest}.png")
        assert (picture.size, boxes(picture, RED)) == ((25, 13), (5, 3, 25, 13))
        assert picture.getpixel((0, 0)) == (*BLUE, 255)

    def test_shadow__has_the_shape_of_what_is_opaque(self, shared_rokka: Rokka) -> None:
        scene = plain(10, 10, (*RED, 255)).join(plain(10, 10, (*RED, 0)), "horizontal")
        digest = shared_rokka.upload(encode(scene))["hash"]
        path = f"/dynamic/dropshadow-vertical-10-sigma-0-color-0000ff/{digest}.png"
        picture = shared_rokka.picture(path)
        assert boxes(picture, BLUE) == (0, 10, 10, 20)

    def test_shadow__is_behind_every_frame(self, shared_rokka: Rokka) -> None:
        digest = shared_rokka.upload(animation("GIF"), "a.gif")["hash"]
        path = f"/dynamic/dropshadow-vertical-9-sigma-0-color-ffff00/{digest}.webp"
        picture = Image.open(io.BytesIO(shared_rokka.render(path).content))
        for frame in range(3):
            picture.seek(frame)
            assert picture.size == (60, 49)
            assert at(picture, 30, 46)[:2] == pytest.approx((255, 255), abs=6)

    @pytest.mark.parametrize(
        "options", ["sigma-150-blur_radius-150", "sigma-0.0001", "sigma-1e9-blur_radius-9"]
    )
    @pytest.mark.parametrize("colour", [RED, (*RED, 0)])
    def test_shadow__of_a_single_pixel(
        self, shared_rokka: Rokka, options: str, colour: tuple[int, ...]
    ) -> None:
        digest = upload(shared_rokka, 1, 1, colour)
        path = f"/dynamic/dropshadow-horizontal-100-vertical-100-{options}/{digest}.png"
        assert shared_rokka.render(path).status_code == 200

    @pytest.mark.parametrize(
        "options", ["horizontal-101", "sigma-x", "opacity-101", "color-x", "blur_radius-nan"]
    )
    def test_shadow__refuses(self, shared_rokka: Rokka, options: str) -> None:
        digest = upload(shared_rokka, 1, 1, RED)
        path = f"/dynamic/dropshadow-{options}/{digest}.png"
        assert shared_rokka.render(path).status_code == 400

    @pytest.mark.parametrize("options", ["sigma-1e308", "blur_radius-1e308", "sigma-1000000"])
    def test_shadow__is_no_larger_than_a_picture_may_be(
        self, shared_rokka: Rokka, options: str
    ) -> None:
        digest = upload(shared_rokka, 1, 1, RED)
        path = f"/dynamic/resize-width-1--dropshadow-{options}/o-dpr-10/{digest}.png"
        answer = shared_rokka.render(path)
        assert answer.status_code == 400
        assert "more than 225 megapixels" in answer.json()["error"]["message"]
