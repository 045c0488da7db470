"""Stacks that rokka's documentation and its recorded traffic show, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Rokka

HASH = "063c3dce6a528d8944a63185bd4c7b161454ee4f"
SIZE = {"width": 100, "height": 100}

GOOD: dict[str, Any] = {
    "recorded": {
        "operations": [
            {"name": "rotate", "options": {"angle": 45}},
            {"name": "resize", "options": SIZE},
        ],
        "options": {"jpg.quality": 77},
    },
    "bare array": [{"name": "resize", "options": {"width": "100"}}],
    "spelling of answers": {
        "stack_operations": [{"name": "resize", "options": {"width": 100}}],
        "stack_options": {"jpg.quality": "60"},
        "stack_variables": {"w": 3},
        "stack_expressions": [],
    },
    "everything": {
        "description": "optional text",
        "operations": [
            {
                "name": "resize",
                "options": {"mode": "fill"},
                "expressions": {"width": "$w", "height": "$h"},
            },
            {"name": "crop", "expressions": {"width": "$w", "height": "$h"}},
        ],
        "options": {"autoformat": True, "jpg.quality": 60},
        "variables": {"w": 500, "h": "$w / 2"},
        "expressions": [
            {
                "expression": "options.dpr >= 2",
                "overrides": {"options": {"optim.quality": 2}, "variables": {"w": 400}},
            }
        ],
    },
    "nothing": {},
    "no operations": {"operations": []},
    "source file": {"operations": [], "options": {"source_file": True}},
    "disabled": [{"name": "grayscale", "options": {"enabled": False}}],
    "enabled by expression": [{"name": "blur", "expressions": {"enabled": "$soft == true"}}],
    "sharpen by expression": [
        {"name": "resize", "options": {"width": 9}, "expressions": {"sharpen": "$x"}}
    ],
    "composition of an image": [
        {
            "name": "composition",
            "options": {
                "mode": "foreground",
                **SIZE,
                "anchor": "right_bottom",
                "secondary_image": HASH,
                "secondary_opacity": 50,
                "angle": 10,
            },
        }
    ],
    "composition of a box": [
        {
            "name": "composition",
            "options": {
                "mode": "background",
                **SIZE,
                "resize_mode": "fill",
                "resize_to_primary": True,
                "secondary_color": "FF0000",
            },
        }
    ],
    "composition of a stack": [
        {
            "name": "composition",
            "options": {
                "mode": "background",
                "secondary_image": HASH,
                "secondary_stack": "other",
                "secondary_stack_variables": "w=3&h=4",
            },
        }
    ],
    "text": [
        {
            "name": "text",
            "options": {
                "font": HASH,
                "text": "Hello",
                "size": 20,
                "color": "FF0000",
                "anchor": "left_top",
                "align": "centre",
                "spacing": 2,
                **SIZE,
                "resize_to_box": True,
            },
        }
    ],
    "text by expression": [
        {"name": "text", "options": {"font": HASH}, "expressions": {"text": "image.meta_user.t"}}
    ],
    "svgdynamic": [
        {
            "name": "svgdynamic",
            "options": {"changes": [{"id": "box", "attr": "fill", "value": "#ff0000"}]},
        }
    ],
    "svgdynamic by expression": [
        {
            "name": "svgdynamic",
            "expressions": {"changes": [{"id": "box", "attr": "fill", "value": "$colour"}]},
        }
    ],
    "pixels as an anchor": [{"name": "crop", "options": {**SIZE, "anchor": "12_34"}}],
    "old anchor": [{"name": "crop", "options": {**SIZE, "anchor": "left-top"}}],
    "named area": [
        {"name": "crop", "options": {**SIZE, "mode": "area", "area": "face_1", "scale": 50}}
    ],
    "ratio": [
        {
            "name": "crop",
            "options": {"width": 16, "height": 9, "mode": "ratio", "fallback": "smart"},
        }
    ],
    "small operations": [
        {"name": "autorotate", "options": {**SIZE, "rotation_direction": "clockwise"}},
        {"name": "alpha", "options": {"mode": "mask"}},
        {"name": "circlemask"},
        {"name": "dropshadow", "options": {"horizontal": 10, "vertical": -10, "sigma": 2}},
        {"name": "glitch", "options": {"amount": 5, "random": "seed"}},
        {"name": "modulate", "options": {"brightness": 150, "hue": 180, "saturation": 0}},
        {"name": "multiply", "options": {"factor_color": "FF0000"}},
        {"name": "sepia"},
        {"name": "sharpen", "options": {"sigma": 0.7, "m1": 0.4}},
        {"name": "trim", "options": {"fuzzy": 10}},
        {"name": "noop"},
        {"name": "primitive", "options": {"count": 20, "mode": 0}},
        {"name": "addframes", "options": {"delay": 10, "frames": HASH}},
        {"name": "svg2bitmap"},
    ],
    "options": {
        "options": {
            "autoformat": "true",
            "autoformat.exclude": "webp,avif",
            "autoformat.include": "avif",
            "basestack": "base-stack_1",
            "content_disposition": "attachment",
            "dpr": 1.5,
            "gif.quality": 100,
            "interlacing.mode": "plane",
            "jpg.transparency.autoformat": "true",
            "pdf.page": 2,
            "png.compression_level": 9,
            "protected": True,
            "remote_fullurl_allow": None,
            "remote_fullurl_whitelist": ["example\\.com$"],
            "timestamp": "00:00:40",
            "transparency.color": "FFFFFF",
            "webp.quality": 100,
        }
    },
}

BAD: dict[str, Any] = {
    "no object": "resize",
    "unknown operation": [{"name": "shrink"}],
    "operation without a name": [{"options": {"width": 9}}],
    "unknown option": [{"name": "resize", "options": {"width": 9, "depth": 9}}],
    "unknown option of what is not rendered": [{"name": "primitive", "options": {"depth": 9}}],
    "value out of range": [{"name": "resize", "options": {"width": 10001}}],
    "no size": [{"name": "resize", "options": {"mode": "box"}}],
    "half a size": [{"name": "crop", "options": {"width": 9}}],
    "unknown mode": [{"name": "crop", "options": {**SIZE, "mode": "round"}}],
    "unknown anchor": [{"name": "crop", "options": {**SIZE, "anchor": "nowhere"}}],
    "no angle": [{"name": "rotate"}],
    "text without a font": [{"name": "text", "options": {"text": "Hello"}}],
    "changes of no array": [{"name": "svgdynamic", "options": {"changes": 3}}],
    "unknown expression": [{"name": "resize", "expressions": {"depth": "$w"}}],
    "unknown stack option": {"options": {"jpeg.quality": 9}},
    "stack option out of range": {"options": {"jpg.quality": 101}},
    "base stack with a bad name": {"options": {"basestack": "No Stack"}},
    "source file with more": {"options": {"source_file": True, "jpg.quality": 9}},
    "source file with operations": {
        "operations": [{"name": "noop"}],
        "options": {"source_file": True},
    },
    "operations of no array": {"operations": {"name": "noop"}},
    "options of no object": {"operations": [{"name": "resize", "options": [3]}]},
    "variables of no object": {"variables": [3]},
    "expressions of no array": {"expressions": {"expression": "true"}},
    "expression without itself": {"expressions": [{"overrides": {}}]},
    "override of an unknown option": {
        "expressions": [{"expression": "true", "overrides": {"options": {"jpeg.quality": 3}}}]
    },
}


@pytest.mark.parametrize("definition", GOOD.values(), ids=list(GOOD))
def test_put__takes_what_is_documented(shared_rokka: Rokka, definition: Any) -> None:
    answer = shared_rokka.put_stack("good", definition, overwrite="true")
    assert answer.status_code in {200, 201}, answer.text
    assert shared_rokka.api("DELETE", "/stacks/demo/good").status_code == 204


@pytest.mark.parametrize("what", BAD)
def test_put__refuses_what_is_no_stack(shared_rokka: Rokka, what: str) -> None:
    name = what.replace(" ", "-")
    answer = shared_rokka.put_stack(name, BAD[what])
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == 400
    assert answer.json()["error"]["message"]
    assert shared_rokka.api("GET", f"/stacks/demo/{name}").status_code == 404
