from __future__ import annotations

import pytest

from django_rokka.emulator.rendering.output.blurhash import encode

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, RED, halves, plain
from tests.emulator.pictures import encode as encode_file

# Made by the reference implementation in C from the same pixels.
VECTORS = {
    "black": ([[(0, 0, 0)] * 4] * 3, (4, 3), "L00000fQfQfQfQfQfQfQfQfQfQfQ"),
    "white": ([[(255, 255, 255)] * 20] * 20, (4, 3), "LGTSUA~qfQ~q~qoffQoffQfQfQfQ"),
    "halves": ([[RED] * 10 + [BLUE] * 10] * 12, (4, 3), "L~LjfL|TwtJrw$sRjsa~fQfQfQfQ"),
    "slope": (
        [[(x * 12, y * 14, (x + y) * 6) for x in range(20)] for y in range(16)],
        (4, 3),
        "LnF#~=2kwybaqdWFjue:f~fkfQfj",
    ),
    "one colour": ([[RED] * 3] * 2, (1, 1), "00TI:j"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_encode__agrees_with_the_reference(name: str) -> None:
    pixels, components, expected = VECTORS[name]
    assert encode(pixels, components=components) == expected


def test_blur__is_the_text_of_the_rendered_picture(rokka: Rokka) -> None:
    digest = rokka.upload(encode_file(halves(20, 12)))["hash"]
    response = rokka.render(f"/dynamic/noop/{digest}.blur")
    assert response.headers["Content-Type"].partition(";")[0] == "text/plain"
    left = rokka.render(f"/dynamic/crop-width-10-height-12-anchor-left_top/{digest}.blur")
    assert (response.text, left.text) == (VECTORS["halves"][2], encode([[RED] * 10] * 12))


def test_blur__of_a_large_picture_is_that_of_a_small_one(rokka: Rokka) -> None:
    digest = rokka.upload(encode_file(plain(900, 900, (10, 200, 30))))["hash"]
    expected = encode([[(10, 200, 30)] * 32] * 32)
    assert rokka.render(f"/dynamic/noop/{digest}.blur").text == expected
