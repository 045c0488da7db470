"""The size of a rendered image, told in advance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, rendered_size
from django_rokka.render.geometry import cropped_size, resized_size, turns_to_fit

# As documented, of a source 300 px wide: upscale, upscale_dpr, then (wanted width, dpr) to width.
# For the third line only 300 of (200, 2) is documented.
DPR = [
    (True, True, {(200, 1): 200, (200, 2): 400, (400, 1): 400, (400, 2): 800}),
    (False, True, {(200, 1): 200, (200, 2): 400, (400, 1): 300, (400, 2): 600}),
    (True, False, {(200, 1): 200, (200, 2): 300, (400, 1): 400, (400, 2): 400}),
    (False, False, {(200, 1): 200, (200, 2): 300, (400, 1): 300, (400, 2): 300}),
]

sides = st.integers(1, 5000)


@pytest.mark.parametrize(("upscale", "upscale_dpr", "widths"), DPR)
def test_resize__follows_the_table_of_the_documentation(
    upscale: bool,  # noqa: FBT001 - a column of the table
    upscale_dpr: bool,  # noqa: FBT001 - a column of the table
    widths: dict[tuple[int, float], int],
) -> None:
    options = {"upscale": upscale, "upscale_dpr": upscale_dpr}

    assert {
        (width, dpr): resized_size({"width": width, **options}, 300, 300, dpr=dpr)[0]
        for width, dpr in widths
    } == widths


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (400, 200)),
        ({"width": 200}, (200, 100)),
        ({"height": 50}, (100, 50)),
        ({"width": "200"}, (200, 100)),
        ({"width": 100, "height": 100}, (100, 50)),
        ({"width": 100, "height": 100, "mode": "fill"}, (200, 100)),
        ({"width": 100, "height": 100, "mode": "absolute"}, (100, 100)),
        ({"width": 800}, (800, 400)),
        ({"width": 800, "upscale": "false"}, (400, 200)),
        ({"width": 800, "height": 50, "mode": "absolute", "upscale": "false"}, (400, 50)),
        ({"width": 800, "mode": "absolute", "upscale": "false"}, (400, 200)),
        ({"width": 1}, (1, 1)),
        # A half becomes a whole pixel, whether the number below it is even or not.
        ({"width": 5}, (5, 3)),
        ({"width": 7}, (7, 4)),
    ],
)
def test_resize__of_400_by_200(options: dict[str, Any], size: tuple[int, int]) -> None:
    assert resized_size(options, 400, 200) == size


def test_resize__rounds_a_half_up_whatever_floats_make_of_it() -> None:
    assert resized_size({"width": 7}, 5, 5, dpr=1.5) == (11, 11)


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"width": 100, "height": 50}, (100, 50)),
        ({"width": 400, "height": 400}, (200, 200)),
        ({"width": 800, "height": 400, "mode": "ratio"}, (400, 200)),
        ({"width": 2, "height": 1, "mode": "ratio"}, (400, 200)),
        ({"width": 1, "height": 1, "mode": "ratio", "scale": 50}, (100, 100)),
        ({"width": 100, "height": 50, "scale": "10"}, (10, 5)),
        ({"width": 100, "height": 50, "scale": 0}, (1, 1)),
        ({"width": 100, "height": 50, "scale": 150}, (150, 75)),
        ({"width": 100, "height": 50, "scale": 1e308}, (400, 200)),
        ({"width": 100, "height": 50, "scale": ""}, (100, 50)),
        ({"width": 100, "height": 50, "mode": "box"}, (100, 50)),
        ({"width": 1, "height": 1, "mode": "area"}, (200, 200)),
    ],
)
def test_crop__of_400_by_200(options: dict[str, Any], size: tuple[int, int]) -> None:
    assert cropped_size(options, 400, 200) == size


@pytest.mark.parametrize(
    ("operations", "size"),
    [
        ([], (400, 200)),
        ([Operation("grayscale")], (400, 200)),
        ([Operation("resize", width=200), Operation("crop", width=50, height=50)], (50, 50)),
        ([Operation("resize", width=200, enabled="false")], (400, 200)),
        ([Operation("rotate", angle=90)], (200, 400)),
        ([Operation("rotate", angle="180")], (400, 200)),
        ([Operation("rotate", angle=45)], None),
        ([Operation("rotate", angle=-90)], (200, 400)),
        ([Operation("autorotate")], None),
        ([Operation("autorotate", width=9)], None),
        ([Operation("autorotate", width=9, height=9)], None),
        ([Operation("autorotate", width="9", height="10")], (200, 400)),
        ([Operation("autorotate", width=10, height=9)], (400, 200)),
        ([Operation("crop", width=9, height=9, mode="box")], None),
        ([Operation("crop", width=9, height=9, mode="area")], None),
        ([Operation("crop", width=9, height=9, area="face")], None),
        ([Operation("crop", width=9, height=9, mode="ratio", scale=10)], (20, 20)),
        ([Operation("text", font="c0ffee", text="A"), Operation("circlemask")], (400, 200)),
        ([Operation("composition", width=9, height=9)], None),
        ([Operation("dropshadow")], None),
        ([Operation("trim"), Operation("resize", width=9, height=9, mode="absolute")], None),
        ([Operation("trim")], None),
        ([Operation("trim", enabled=False)], (400, 200)),
    ],
)
def test_rendered_size__follows_the_operations(
    operations: list[Operation], size: tuple[int, int] | None
) -> None:
    assert rendered_size(operations, 400, 200) == size


@pytest.mark.parametrize(
    ("operations", "size"),
    [
        ([Operation("resize", width=100), Operation("crop", width=40, height=20)], (80, 40)),
        # In front of the resize there are only the pixels of the source.
        ([Operation("crop", width=40, height=20), Operation("resize", width=40)], (80, 40)),
        ([Operation("crop", width=40, height=20), Operation("resize", width=10)], (20, 10)),
        ([Operation("crop", width=40, height=20)], (40, 20)),
        (
            [Operation("resize", width=9, enabled=False), Operation("crop", width=40, height=20)],
            (40, 20),
        ),
    ],
)
def test_dpr__counts_from_the_resize_on(operations: list[Operation], size: tuple[int, int]) -> None:
    assert rendered_size(operations, 400, 200, dpr=2) == size


SMALLER, LARGER = {"width": 100}, {"width": 300, "upscale": False}


@pytest.mark.parametrize(
    ("first", "second", "size"),
    [
        (SMALLER, LARGER, (200, 100)),
        (SMALLER, {**LARGER, "upscale_dpr": False}, (200, 100)),
        (SMALLER, {"width": 50, "upscale": False}, (100, 50)),
        (SMALLER, {"width": 150}, (300, 150)),
        (SMALLER, {"width": 150, "upscale_dpr": False}, (200, 100)),
    ],
)
def test_dpr__is_no_reason_for_a_second_resize_to_grow(
    first: dict[str, Any], second: dict[str, Any], size: tuple[int, int]
) -> None:
    operations = [Operation("resize", **first), Operation("resize", **second)]
    assert rendered_size(operations, 400, 200, dpr=2) == size


@pytest.mark.parametrize(
    ("options", "turns"),
    [
        ({}, False),
        ({"width": 1}, False),
        ({"height": 2}, False),
        ({"width": 1, "height": 1}, False),
        ({"width": 1, "height": 2}, True),
        ({"width": 2, "height": 1}, False),
    ],
)
def test_autorotate__of_400_by_200(
    options: dict[str, Any],
    turns: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert turns_to_fit(options, 400, 200) is turns
    assert turns_to_fit(options, 200, 200) is False


@given(sides, sides, sides, sides)
def test_resize__in_a_box_touches_it_and_stays_inside(
    width: int, height: int, box_width: int, box_height: int
) -> None:
    got = resized_size({"width": box_width, "height": box_height}, width, height)

    assert got[0] <= box_width
    assert got[1] <= box_height
    assert got[0] == box_width or got[1] == box_height


@given(sides, sides, sides, sides)
def test_resize__that_fills_a_box_covers_it(
    width: int, height: int, box_width: int, box_height: int
) -> None:
    got = resized_size({"width": box_width, "height": box_height, "mode": "fill"}, width, height)

    assert got[0] >= box_width
    assert got[1] >= box_height
    assert got[0] == box_width or got[1] == box_height


@given(
    sides,
    sides,
    sides,
    sides,
    st.fixed_dictionaries(
        {"mode": st.sampled_from(["absolute", "ratio"]), "scale": st.integers(0, 100)}
    ),
)
def test_crop__is_never_larger_than_the_image(
    width: int, height: int, crop_width: int, crop_height: int, more: dict[str, Any]
) -> None:
    options = {"width": crop_width, "height": crop_height, **more}

    got = cropped_size(options, width, height)

    assert 1 <= got[0] <= width
    assert 1 <= got[1] <= height


@pytest.mark.parametrize("value", ["$w", "wide", "nan", "inf", ["400"], {}])
@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("resize", "width"),
        ("crop", "height"),
        ("crop", "scale"),
        ("rotate", "angle"),
        ("autorotate", "width"),
    ],
)
def test_rendered_size__of_what_is_no_number_says_so(name: str, option: str, value: Any) -> None:
    with pytest.raises(InvalidRenderURL, match=f"^The {option} .* is no number. Write one"):
        rendered_size([Operation(name, **{option: value})], 400, 200)
