"""Sizes and places of renders in one table, against rules written apart from the renderer."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import decode
from tests.emulator.rendering.pictures.operations.geometry_cases import CASES, Case, rotate
from tests.emulator.rendering.pictures.operations.geometry_rules import Sheet
from tests.emulator.rendering.pictures.operations.geometry_sources import SOURCES, Source

PROBES = [(0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5), (0.25, 0.6), (0.8, 0.3)]


@pytest.fixture(scope="module")
def uploaded(shared_rokka: Rokka) -> dict[str, str]:
    """Hashes by source and metadata, filled as they are needed."""
    return {}


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case.id}" for n, case in enumerate(CASES)])
def test_render__shows_the_documented_part_in_the_documented_size(
    shared_rokka: Rokka, uploaded: dict[str, str], case: Case
) -> None:
    picture = shared_rokka.picture(_url(case, _upload(shared_rokka, uploaded, case)))
    expected = case.expected()
    assert picture.width in expected.sizes(expected.width)
    assert picture.height in expected.sizes(expected.height)
    assert _misplaced(picture, SOURCES[case.source], expected) == []


def test_table__has_at_least_two_hundred_different_cases() -> None:
    assert len({(case.id, json.dumps(case.metadata)) for case in CASES}) >= 200


@pytest.mark.parametrize(
    ("source", "path", "size"),
    [
        # Copied from the documentation's table, for a picture 300 pixels wide.
        ("large", "resize-width-200/o-dpr-1", (200, 133)),
        ("large", "resize-width-200/o-dpr-2", (400, 267)),
        ("large", "resize-width-400/o-dpr-2", (800, 533)),
        ("large", "resize-width-400-upscale-false/o-dpr-1", (300, 200)),
        ("large", "resize-width-400-upscale-false/o-dpr-2", (600, 400)),
        ("large", "resize-width-200-upscale-false/o-dpr-2", (400, 267)),
        ("large", "resize-width-200-upscale-false-upscale_dpr-false/o-dpr-2", (300, 200)),
        ("large", "resize-width-400-upscale-false-upscale_dpr-false/o-dpr-2", (300, 200)),
        ("large", "resize-width-200-upscale_dpr-false/o-dpr-2", (300, 200)),
        # A later segment overrides, and defines nothing.
        ("even", "resize-width-100/resize-width-50", (50, 30)),
        ("even", "resize-width-100/crop-width-20-height-20", (100, 60)),
        ("even", "resize-width-100--resize-width-60/resize-width-40", (40, 24)),
        ("even", "resize-width-100-enabled-false", (200, 120)),
        ("even", "resize-width-%5Bimage.width%2F4%5D", (50, 30)),
    ],
)
def test_render__has_the_size_of_the_documentations_examples(
    shared_rokka: Rokka,
    uploaded: dict[str, str],
    source: str,
    path: str,
    size: tuple[int, int],
) -> None:
    digest = _upload(shared_rokka, uploaded, Case(source=source, operations=()))
    found = shared_rokka.picture(f"/dynamic/{path}/{digest}.png").size
    assert found[0] == size[0]
    assert abs(found[1] - size[1]) <= 1  # how the other side is rounded is not documented


@pytest.mark.parametrize(
    ("angle", "same"), [(-90, 270), (-180, 180), (-270, 90), (-360, 0)], ids=str
)
def test_rotate__by_less_than_nothing_turns_the_other_way(
    shared_rokka: Rokka, uploaded: dict[str, str], angle: int, same: int
) -> None:
    case = Case(source="odd", operations=(rotate(same),))
    digest = _upload(shared_rokka, uploaded, case)
    variables = quote(json.dumps({"a": angle}))
    picture = shared_rokka.picture(f"/dynamic/rotate-angle-%5B$a%5D/{digest}.png?v={variables}")
    assert _misplaced(picture, SOURCES["odd"], case.expected()) == []


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_animation__has_the_size_in_every_frame(
    shared_rokka: Rokka, uploaded: dict[str, str], format: str
) -> None:
    digest = _upload(shared_rokka, uploaded, Case(source="gif", operations=()))
    path = f"/dynamic/resize-width-40-height-40-mode-fill--crop-width-40-height-30/{digest}"
    moving: Any = decode(shared_rokka.render(f"{path}.{format}").content)
    assert (moving.n_frames, moving.size) == (2, (40, 30))


def _url(case: Case, digest: str) -> str:
    path = f"/{case.path}" if case.path else ""
    options = f"/o-dpr-{case.dpr}" if case.dpr != "1" else ""
    return f"/dynamic{path}{options}/{digest}.png"


def _upload(rokka: Rokka, uploaded: dict[str, str], case: Case) -> str:
    key = f"{case.source} {json.dumps(case.metadata)}"
    if key not in uploaded:
        source = SOURCES[case.source]
        fields = {
            f"meta_dynamic[0][{name}]": json.dumps(value) for name, value in case.metadata.items()
        }
        item = rokka.upload(source.data, f"{source.name}.{source.format}", **fields)
        uploaded[key] = item["hash"]
    return uploaded[key]


def _misplaced(picture: Image.Image, source: Source, expected: Sheet) -> list[str]:
    """Name the probes that show another place of the source than the rules say."""
    wrong = []
    rgb = picture.convert("RGB")
    scale = [float(side) for side in expected.scale()]
    for part_x, part_y in PROBES:
        column, row = round(part_x * (rgb.width - 1)), round(part_y * (rgb.height - 1))
        # In parts of the size, so that how a side was rounded does not matter.
        x = (Fraction(column) + Fraction(1, 2)) * expected.width / rgb.width
        y = (Fraction(row) + Fraction(1, 2)) * expected.height / rgb.height
        places = [float(place) for place in expected.source_place(x, y)]
        colour = rgb.getpixel((column, row))
        assert isinstance(colour, tuple)
        found = source.place(colour)
        for axis in (0, 1):
            # A resampled pixel mixes its neighbours, the more the smaller the picture.
            blur = 0.75 * max(1.0, scale[axis]) if expected.is_resampled else 0
            allowed = source.precision[axis] + blur + float(expected.doubt) * scale[axis] + 0.01
            if abs(found[axis] - places[axis]) > allowed:
                wrong.append(f"{(column, row)} shows {found}, not {tuple(places)} ±{allowed:.1f}")
    return wrong
