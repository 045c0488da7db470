"""Other widths of a render URL, and the size of what comes out."""

from __future__ import annotations

from typing import Any

import pytest

from django_rokka.render import Operation, RenderURL, StackDefinition
from django_rokka.render.sizing import Sizing, measure

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
IMAGE = (1600, 900)
FILL = {"name": "resize", "options": {"width": 800, "height": 200, "mode": "fill"}}
CROP = {"name": "crop", "options": {"width": 800, "height": 200}}
RESIZE = {"name": "resize", "options": {"width": 800}}
TEXT = {"name": "text", "options": {"text": "a", "font": HASH}}
AREA = {"name": "crop", "options": {"width": 1, "height": 1, "mode": "area"}}


def of_stack(definition: Any, *, image: tuple[int, int] | None = IMAGE, **parts: Any) -> Sizing:
    url = RenderURL(HASH, "jpg", stack="s", **parts)
    return measure(url, StackDefinition.from_json(definition), image)


def write(found: list[tuple[RenderURL, Any]]) -> dict[Any, str]:
    return {
        width: url.path.removeprefix("/s/").removesuffix(f"{HASH}.jpg").rstrip("/")
        for url, width in found
    }


@pytest.mark.parametrize(
    ("definition", "widths"),
    [
        ([RESIZE], {400: "resize-width-400", 1600: "resize-width-1600"}),
        (
            [FILL, CROP],
            {
                400: "resize-width-400-height-100--crop-width-400-height-100",
                1600: "resize-width-1600-height-400--crop-width-1600-height-400",
            },
        ),
        ([RESIZE, TEXT], {1600: "o-dpr-2"}),
        ([RESIZE, RESIZE], {1600: "o-dpr-2"}),
        ([CROP], {}),
        ([RESIZE, AREA], {}),
        (
            [AREA, RESIZE],
            {
                400: "resize-width-400",
                1600: "resize-width-1600",
            },
        ),
        ([], {}),
        (
            {"operations": [RESIZE], "options": {"dpr": 2}},
            {400: "resize-width-400/o-dpr-1", 1600: "resize-width-1600/o-dpr-1"},
        ),
    ],
)
def test_widths__are_asked_for_in_the_way_of_the_stack(
    definition: Any, widths: dict[int, str]
) -> None:
    found = write(of_stack(definition).find_widths([400, 9000]))
    assert found == widths


def test_widths__keep_other_overrides_options_and_variables() -> None:
    sizing = of_stack(
        [RESIZE, {"name": "grayscale"}],
        overrides=(Operation("resize", upscale=False), Operation("grayscale", enabled=True)),
        options={"jpg.quality": 60},
        variables={"a": 1},
    )
    assert write(sizing.find_widths([400])) == {
        400: "resize-upscale-false-width-400--grayscale-enabled-true/o-jpg.quality-60/v-a-1"
    }


def test_widths__are_those_that_come_out() -> None:
    box = {"name": "resize", "options": {"width": 800, "height": 200}}
    sizing = of_stack([box])
    assert sizing.size == (356, 200)
    assert write(sizing.find_widths([178])) == {178: "resize-width-400-height-100"}
    variable = {
        "operations": [
            {"name": "resize", "options": {"height": 90}, "expressions": {"width": "$w"}}
        ],
        "variables": {"w": 800},
    }
    assert write(of_stack(variable).find_widths([100, 400, 800])) == {
        100: "v-w-100",
        160: "v-w-400",
    }


def test_widths__scale_a_height_that_is_free() -> None:
    sides = {"width": "$w", "height": "$h"}
    stack = {
        "operations": [{"name": "resize", "options": {"mode": "absolute"}, "expressions": sides}],
        "variables": {"w": 800, "h": 200},
    }
    assert write(of_stack(stack).find_widths([400])) == {400: "v-w-400-h-100"}
    stack["variables"] = {"w": 800, "h": "$w / 4"}
    assert write(of_stack(stack).find_widths([400])) == {400: "v-w-400"}


def test_widths__of_a_stack_that_nobody_declared_are_overrides() -> None:
    sizing = measure(RenderURL(HASH, "jpg", stack="s"), None, IMAGE)
    assert (sizing.size, sizing.widest) == (None, 1600)
    assert write(sizing.find_widths([400])) == {400: "resize-width-400"}


@pytest.mark.parametrize(
    ("definition", "densities"),
    [
        ([RESIZE], {1: "", 1.5: "o-dpr-1.5", 2: "o-dpr-2"}),
        ({"operations": [RESIZE], "variables": {"w": 1}}, {1: "", 1.5: "v-w-1200", 2: "v-w-1600"}),
        ([CROP], {1: ""}),
        ([], {1: ""}),
    ],
)
def test_densities__need_a_resize_and_enough_pixels(
    definition: Any, densities: dict[float, str]
) -> None:
    assert write(of_stack(definition).find_densities([3, 2, 1.5])) == densities


def test_densities__of_an_image_of_unknown_size_are_trusted() -> None:
    assert write(of_stack([RESIZE], image=None).find_densities([2])) == {1: "", 2: "o-dpr-2"}


@pytest.mark.parametrize("dpr", ["2", "wide", None])
def test_dpr__is_a_number_or_one(dpr: Any) -> None:
    sizing = of_stack({"operations": [RESIZE], "options": {"dpr": dpr}})
    assert (sizing.dpr, sizing.pixels) == ((2, 1600) if dpr == "2" else (1, 800))
