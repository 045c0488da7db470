from __future__ import annotations

import pytest

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import RED, encode, plain


@pytest.mark.parametrize(
    ("format", "longest"), [("webp", 16383), ("avif", 16384), ("jpg", 65500), ("gif", 65535)]
)
@pytest.mark.parametrize("turn", ["", "--alpha-mode-remove", "--rotate-angle-90", "--trim"])
def test_side__is_no_longer_than_the_format_allows(
    shared_rokka: Rokka, format: str, longest: int, turn: str
) -> None:
    for width, status in ((longest, 200), (longest + 1, 400)):
        digest = shared_rokka.upload(encode(plain(width, 1, RED), "png"))["hash"]
        answer = shared_rokka.render(f"/dynamic/noop{turn}/{digest}.{format}")
        assert answer.status_code == status, answer.text
        if status == 400:
            assert str(longest) in answer.json()["error"]["message"]


def test_side__of_a_jpg_inside_of_an_svg_is_limited_too(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(plain(65501, 1, (*RED, 100))))["hash"]
    options = "o-jpg.transparency.autoformat-true"
    answer = shared_rokka.render(f"/dynamic/noop/{options}/{digest}.jpg", Accept="*/*")
    assert answer.status_code == 400, answer.headers


def test_side__has_no_limit_in_png(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(plain(70000, 1, RED)))["hash"]
    assert shared_rokka.picture(f"/dynamic/noop/{digest}.png").size == (70000, 1)
