from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tests.emulator.conftest import Rokka
from tests.emulator.fonts import box_font
from tests.emulator.pictures import BLUE, RED, WHITE, animation, at, encode, plain
from tests.emulator.rendering.pictures.operations.test_layers import boxes, upload

BLACK = (0, 0, 0)


@pytest.fixture
def font(shared_rokka: Rokka) -> str:
    digest: str = shared_rokka.upload(box_font(), "boxes.ttf")["hash"]
    return digest


def write(rokka: Rokka, font: str, text: str, *, dpr: float = 1, **options: Any) -> Any:
    """Write onto white, 200 x 100, in a font whose letters are squares of 10 pixels."""
    digest = upload(rokka, 200, 100, WHITE)
    written = {"font": font, "text": text, "size": 10, **options}
    operations = [
        {"name": "resize", "options": {"width": 200}},
        {"name": "text", "options": written},
    ]
    rokka.put_stack("written", {"operations": operations}, overwrite="true")
    return rokka.picture(f"/written/o-dpr-{dpr}/{digest}.png")


@pytest.mark.parametrize(
    ("anchor", "place"),
    [
        ("center_center", (85, 45, 115, 55)),
        ("auto", (85, 45, 115, 55)),
        ("left_top", (0, 0, 30, 10)),
        ("right_bottom", (170, 90, 200, 100)),
        ("20_30", (20, 30, 50, 40)),
        # What is beyond the edge is cut off.
        ("190_95", (190, 95, 200, 100)),
    ],
)
def test_text__stands_where_the_anchor_says(
    shared_rokka: Rokka, font: str, anchor: str, place: tuple[int, ...]
) -> None:
    picture = write(shared_rokka, font, "ABC", anchor=anchor)
    assert picture.size == (200, 100)
    assert boxes(picture, BLACK) == place


@pytest.mark.parametrize("text", ["<b>A</b>", "&lt;", "A & B", "<span", "&#65;", "\"'>", "]]>"])
def test_text__is_never_markup(shared_rokka: Rokka, font: str, text: str) -> None:
    picture = write(shared_rokka, font, text, anchor="left_top")
    assert boxes(picture, BLACK) == (0, 0, 10 * len(text), 10)


def test_text__has_a_size_a_colour_and_an_opacity(shared_rokka: Rokka, font: str) -> None:
    picture = write(shared_rokka, font, "AB", anchor="left_top", size=16, color="0000ff")
    assert boxes(picture, BLUE) == (0, 0, 32, 16)
    pale = write(shared_rokka, font, "AB", anchor="left_top", opacity=40)
    assert pale.convert("RGB").getpixel((5, 5)) == pytest.approx((153, 153, 153), abs=1)


def test_text__may_be_larger_than_the_picture(shared_rokka: Rokka, font: str) -> None:
    picture = write(shared_rokka, font, "A", anchor="left_top", size=2000)
    assert boxes(picture, BLACK) == (0, 0, 200, 100)


@pytest.mark.parametrize("anchor", ["smart", "subjectarea", "croparea"])
def test_text__says_which_anchors_are_missing(shared_rokka: Rokka, font: str, anchor: str) -> None:
    digest = upload(shared_rokka, 6, 4, RED)
    answer = shared_rokka.render(f"/dynamic/text-font-{font}-text-A-anchor-{anchor}/{digest}.png")
    assert answer.status_code == 501
    assert f"the anchor '{anchor}'" in answer.json()["error"]["message"]


def test_text__is_turned(shared_rokka: Rokka, font: str) -> None:
    picture = write(shared_rokka, font, "ABC", anchor="left_top", angle=90)
    assert boxes(picture, BLACK) == (0, 0, 10, 30)


@pytest.mark.parametrize(
    ("written", "options", "place"),
    [
        ("A\nB", {}, (0, 0, 10, 20)),
        ("A\nB", {"spacing": 5}, (0, 0, 10, 25)),
        ("ABCDE FGH", {"width": 60}, (0, 0, 50, 20)),
        # A box wider than its text; the text is where it is aligned.
        ("AB", {"width": 60}, (0, 0, 20, 10)),
        ("AB", {"width": 60, "align": "centre"}, (20, 0, 40, 10)),
        ("AB", {"width": 60, "align": "right"}, (40, 0, 60, 10)),
        # A higher one has it in its middle, a lower one cuts it off.
        ("AB", {"width": 60, "height": 30}, (0, 10, 20, 20)),
        ("A\nB\nC", {"width": 60, "height": 14}, (0, 0, 10, 14)),
    ],
)
def test_text__stands_in_a_box(
    shared_rokka: Rokka, font: str, written: str, options: dict[str, Any], place: Any
) -> None:
    for dpr in (1, 2):
        picture = write(shared_rokka, font, written, anchor="left_top", dpr=dpr, **options)
        assert boxes(picture, BLACK) == tuple(side * dpr for side in place)


def test_text__fits_into_its_box(shared_rokka: Rokka, font: str) -> None:
    found = [
        boxes(
            write(
                shared_rokka,
                font,
                "A" * length,
                anchor="left_top",
                width=120,
                height=40,
                resize_to_box=True,
            ),
            BLACK,
        )
        for length in (2, 6, 30)
    ]
    for place in found:
        assert place is not None
        assert (place[0], place[2] <= 120, place[3] <= 40) == (0, True, True)
    heights = [place[3] - place[1] for place in found if place]
    assert heights[0] >= 35
    assert 15 <= heights[1] <= 20


def test_text__is_on_every_frame(shared_rokka: Rokka, font: str) -> None:
    digest = shared_rokka.upload(animation("GIF"), "a.gif")["hash"]
    path = f"/dynamic/text-font-{font}-text-AB-size-10-color-ffffff-anchor-left_top/{digest}.gif"
    picture = Image.open(io.BytesIO(shared_rokka.render(path).content))
    assert getattr(picture, "n_frames", 1) == 3
    for frame in range(3):
        picture.seek(frame)
        assert boxes(picture.convert("RGB"), WHITE) == (0, 0, 20, 10)


def test_text__shines_on_what_is_clear(shared_rokka: Rokka, font: str) -> None:
    digest = upload(shared_rokka, 40, 20, (*RED, 0))
    path = f"/dynamic/text-font-{font}-text-AB-size-10-anchor-left_top/{digest}.png"
    picture = shared_rokka.picture(path)
    assert boxes(picture, BLACK) == (0, 0, 20, 10)
    assert at(picture, 30, 15)[3] == 0


@pytest.mark.parametrize("text", ["", "\u200b", "\n"])
def test_text__without_ink_changes_nothing(shared_rokka: Rokka, font: str, text: str) -> None:
    assert boxes(write(shared_rokka, font, text), WHITE) == (0, 0, 200, 100)
    assert write(shared_rokka, font, text).convert("L").getextrema() == (255, 255)


def test_font__is_the_one_that_was_named(shared_rokka: Rokka, font: str) -> None:
    # Its family has the same name, and one that is on most machines would be found, too.
    for family in ("Boxes", "DejaVu Sans", "Serif Bold 40"):
        wide = shared_rokka.upload(box_font(advance=1500, family=family), "wide.ttf")["hash"]
        picture = write(shared_rokka, wide, "AB", anchor="left_top")
        assert boxes(picture, BLACK) == (0, 0, 25, 10)
        row = picture.convert("L").crop((0, 5, 25, 6)).tobytes()
        assert row == b"\0" * 10 + b"\xff" * 5 + b"\0" * 10
        assert boxes(write(shared_rokka, font, "AB", anchor="left_top"), BLACK) == (0, 0, 20, 10)


@pytest.mark.parametrize(
    "data",
    [
        box_font()[:20],
        box_font()[:400],
        b"\0\x01\0\0\0\xff" + b"\xff" * 600,
        b"\0\x01\0\0\0\0" + b"\0" * 600,
        box_font(advance=30000),
    ],
)
def test_font__that_is_broken_is_refused(shared_rokka: Rokka, data: bytes) -> None:
    digest = upload(shared_rokka, 6, 4, RED)
    font = shared_rokka.upload(data, "broken.ttf")["hash"]
    answer = shared_rokka.render(f"/dynamic/text-font-{font}-text-A/{digest}.png")
    assert answer.status_code == 400
    assert "font" in answer.json()["error"]["message"]


def test_font__is_an_image_of_the_organization(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, 6, 4, RED)
    for font, status in (("abcdef", 404), (digest, 400)):
        answer = shared_rokka.render(f"/dynamic/text-font-{font}-text-A/{digest}.png")
        assert answer.status_code == status


@pytest.mark.parametrize(
    "options",
    [
        {"text": "A" * 1001},
        {"text": "A\0B"},
        {"text": "A\x1bB"},
        {"text": "\ud800"},
        {"size": 0},
        {"size": 7000},
        {"size": 1e308},
        {"text": "A" * 1000, "size": 6000},
        {"size": "nan"},
        {"text": "AAAAAAAAA\n" * 20, "size": 1000},
        {"text": "A" * 1000, "size": 1000},
        {"text": "A" * 1000, "size": 200, "width": 10000},
        {"width": 10000, "height": 10000},
        {"align": "middle"},
        {"color": "black"},
        {"spacing": -1},
        {"anchor": "top"},
        {"fontfile": "/etc/passwd"},
        {"font": "../../x"},
        {"text": None},
    ],
)
def test_text__refuses(shared_rokka: Rokka, font: str, options: dict[str, Any]) -> None:
    digest = upload(shared_rokka, 6, 4, RED)
    operation = {"name": "text", "options": {"font": font, "text": "A", **options}}
    stored = shared_rokka.put_stack("refused", [operation], overwrite="true")
    if stored.status_code != 400:
        assert shared_rokka.render(f"/refused/{digest}.png").status_code == 400


@pytest.mark.parametrize("text", ["A" * 1000, "\u202e\u0301\ufffd\U0001f600", "\t" * 50, "\ufffe"])
def test_text__of_odd_characters_is_written(shared_rokka: Rokka, font: str, text: str) -> None:
    digest = shared_rokka.upload(encode(plain(1, 1, RED)))["hash"]
    operation = {"name": "text", "options": {"font": font, "text": text, "size": 4, "angle": 33}}
    shared_rokka.put_stack("odd", [operation], overwrite="true")
    assert shared_rokka.picture(f"/odd/{digest}.png").size == (1, 1)
