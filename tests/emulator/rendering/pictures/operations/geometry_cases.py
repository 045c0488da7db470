"""What the table of renders asks for: operations, sources, ratios and areas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.emulator.rendering.pictures.operations.geometry_rules import (
    Area,
    Operation,
    Sheet,
    render,
    sheet,
)
from tests.emulator.rendering.pictures.operations.geometry_sources import SOURCES

__all__ = ["CASES", "Case", "rotate"]

QUICK = ("large", "even", "odd", "tall", "wide", "square", "tiny")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One render: what is asked of which source."""

    source: str
    operations: tuple[Operation, ...]
    dpr: str = "1"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    area: Area | None = None  # the part of the metadata that the operations use
    is_crop_area: bool = False

    @property
    def id(self) -> str:
        areas = "".join(f"-{name}" for name in self.metadata)
        return f"{self.source}{areas}-{self.path or 'noop'}-dpr{self.dpr}"

    @property
    def path(self) -> str:
        parts = []
        for name, options in self.operations:
            shown = ((key, _shown(value)) for key, value in options.items() if key != "exif")
            parts.append("-".join([name, *(f"{key}-{value}" for key, value in shown)]))
        return "--".join(parts)

    def expected(self) -> Sheet:
        source = SOURCES[self.source]
        start = sheet(source.width, source.height, self.area, is_crop=self.is_crop_area)
        return render(start, self.operations, dpr=Fraction(self.dpr))


def resize(width: int = 0, height: int = 0, **options: Any) -> Operation:
    sides = {"width": width, "height": height}
    return "resize", {name: side for name, side in sides.items() if side} | options


def crop(width: int, height: int, **options: Any) -> Operation:
    return "crop", {"width": width, "height": height, **options}


def rotate(angle: int) -> Operation:
    return "rotate", {"angle": angle}


def box(x: int, y: int, width: int = 1, height: int = 1) -> dict[str, Any]:
    """Name a subject area, and the operations' view of it."""
    sides = {"x": x, "y": y, "width": width, "height": height}
    return {
        "metadata": {"subject_area": sides},
        "area": Area(**{name: Fraction(side) for name, side in sides.items()}),
    }


def percent(source: str, x: int, y: int, width: int, height: int) -> dict[str, Any]:
    whole = SOURCES[source]
    sides = {"x": x, "y": y, "width": width, "height": height}
    lengths = (whole.width, whole.height, whole.width, whole.height)
    parts = [
        Fraction(side * length, 100) for side, length in zip(sides.values(), lengths, strict=True)
    ]
    return {
        "metadata": {"subject_area": {**sides, "percentage": True}},
        "area": Area(**dict(zip(sides, parts, strict=True))),
    }


def named(name: str, kind: str, *sides: int) -> dict[str, Any]:
    found = box(*sides)
    areas = {
        name: {kind: found["metadata"]["subject_area"]},
        "elsewhere": {kind: {"x": 0, "y": 0, "width": 7, "height": 7}},
    }
    return {
        "metadata": {"multi_areas": areas},
        "area": found["area"],
        "is_crop_area": kind == "crop_area",
    }


def resizes() -> Iterator[Case]:
    for source in QUICK:
        for operation in (
            resize(50),
            resize(height=40),
            resize(90, 90),
            resize(90, 90, mode="fill"),
            resize(70, 45, mode="absolute"),
            resize(400),
            resize(30, 20, mode="fill"),
        ):
            yield Case(source=source, operations=(operation,))
    yield Case(source="dot", operations=(resize(40),))
    yield Case(source="dot", operations=(resize(40, 20, mode="absolute"),))
    yield Case(source="wide", operations=(resize(2),))
    yield Case(source="tall", operations=(resize(height=1),))


def ratios() -> Iterator[Case]:
    """The table of the documentation for a source that is 300 pixels wide, and others."""
    modes = [(True, True), (False, True), (False, False)]
    for upscale, upscale_dpr in modes:
        for width in (200, 400):
            for dpr in ("1", "1.5", "2", "3"):
                flags = {"upscale": upscale, "upscale_dpr": upscale_dpr}
                yield Case(source="large", operations=(resize(width, **flags),), dpr=dpr)
    # With upscale true and upscale_dpr false only a reduction is documented.
    yield Case(source="large", operations=(resize(200, upscale_dpr=False),), dpr="2")
    yield Case(source="even", operations=(resize(50, 50, mode="fill"),), dpr="2")
    yield Case(source="odd", operations=(resize(33, 21, mode="absolute"),), dpr="3")
    for source in ("even", "tall", "tiny"):
        cover: dict[str, Any] = {"upscale": False, "mode": "fill"}
        yield Case(source=source, operations=(resize(100, 100, **cover),), dpr="2")
        yield Case(source=source, operations=(resize(100, 100, **cover),))


def crops() -> Iterator[Case]:
    across, down = ("left", "center", "right"), ("top", "center", "bottom")
    for source, size in (("even", (60, 40)), ("odd", (40, 31))):
        for anchor in [f"{x}_{y}" for x in across for y in down]:
            yield Case(source=source, operations=(crop(*size, anchor=anchor),))
    for anchor in ("0_0", "7_11", "50_20", "left_9", "13_bottom", "center_5", "140_80"):
        yield Case(source="even", operations=(crop(60, 40, anchor=anchor),))
    for source in ("even", "tall", "wide", "odd", "square"):
        for width, height in ((1, 1), (16, 9), (3, 4)):
            yield Case(source=source, operations=(crop(width, height, mode="ratio"),))
        yield Case(source=source, operations=(crop(2, 1, mode="ratio", anchor="right_bottom"),))
    for scale in (50, 25, 80):
        yield Case(source="even", operations=(crop(1, 1, mode="ratio", scale=scale),))
        yield Case(source="even", operations=(crop(100, 50, scale=scale, anchor="left_top"),))
    for anchor in ("auto", "subjectarea", "face"):
        yield Case(
            source="even", operations=(crop(50, 50, anchor=anchor, fallback="right_bottom"),)
        )
    yield Case(source="even", operations=(crop(50, 50, anchor="auto"),))
    yield Case(source="even", operations=(crop(50, 50, anchor="face"),))
    yield Case(source="tiny", operations=(crop(1, 1, anchor="right_bottom"),))
    yield Case(source="dot", operations=(crop(1, 1),))


def areas() -> Iterator[Case]:
    for place in (box(30, 20), box(0, 0), box(199, 119), box(60, 30, 40, 20), box(150, 10, 41, 31)):
        for operation in (
            crop(50, 40),
            crop(50, 40, anchor="subjectarea"),
            crop(1, 1, mode="ratio"),
            crop(50, 40, anchor="left_top"),
        ):
            yield Case(source="even", operations=(operation,), **place)
        chain = (resize(100, 100, mode="fill"), crop(50, 100))
        yield Case(source="even", operations=chain, **place)
    yield Case(source="even", operations=(crop(60, 60),), **percent("even", 50, 25, 10, 20))
    yield Case(source="large", operations=(crop(60, 60),), **percent("large", 80, 80, 10, 10))
    for mode in ("box", "area"):
        yield Case(source="even", operations=(crop(16, 9, mode=mode),), **box(60, 30, 48, 27))
    # "Takes a SubjectArea box for cropping": the box itself, whatever width and height are.
    yield Case(source="even", operations=(crop(1, 1, mode="box"),), **box(60, 30, 40, 20))
    # "Tries to fit a SubjectArea into the ratio": the area stays whole in a box of that ratio.
    yield Case(source="even", operations=(crop(1, 1, mode="area"),), **box(60, 30, 40, 20))
    yield Case(source="even", operations=(crop(1, 1, mode="area"),), **box(0, 30, 20, 40))
    yield from named_areas()


def named_areas() -> Iterator[Case]:
    wide = crop(16, 9, mode="ratio", area="landscape")
    crop_area = named("landscape", "crop_area", 50, 40, 80, 45)
    yield Case(source="even", operations=(wide,), **crop_area)
    yield Case(source="large", operations=(wide,), **crop_area)
    subject = named("landscape", "subject_area", 150, 60, 11, 11)
    yield Case(source="even", operations=(crop(50, 40, area="landscape"),), **subject)
    # An area that the image has not: the standard rules.
    unknown = {"metadata": crop_area["metadata"]}
    missing = crop(16, 9, mode="ratio", area="portrait")
    yield Case(source="even", operations=(missing,), **unknown)
    sides = {"x": 20, "y": 10, "width": 90, "height": 60}
    yield Case(
        source="even",
        operations=(crop(3, 2, mode="ratio"),),
        metadata={"crop_area": sides},
        area=Area(**{name: Fraction(side) for name, side in sides.items()}),
        is_crop_area=True,
    )


def turns() -> Iterator[Case]:
    for source in ("even", "odd", "tall", "tiny", "dot"):
        for angle in (90, 180, 270):
            yield Case(source=source, operations=(rotate(angle),))
    yield Case(source="odd", operations=(rotate(0),))
    yield Case(source="odd", operations=(rotate(360),))
    for number in range(2, 9):
        upright: Operation = ("autorotate", {"exif": number})
        yield Case(source=f"exif{number}", operations=(upright,))
    yield Case(source="exif6", operations=(("autorotate", {"exif": 6}), resize(40)))
    yield Case(source="exif8", operations=(("autorotate", {"exif": 8}), crop(30, 20)))
    yield Case(source="photo", operations=(("autorotate", {}),))


def chains() -> Iterator[Case]:
    for source in QUICK:
        cover = (resize(60, 40, mode="fill"), crop(60, 40))
        yield Case(source=source, operations=cover)
        yield Case(source=source, operations=cover, dpr="2")
        keep = (resize(400, 400, mode="fill", upscale=False), crop(400, 400))
        yield Case(source=source, operations=keep)
    for dpr in ("1", "1.5", "2", "3"):
        corner = (resize(60, 60, mode="fill"), crop(60, 60, anchor="right_bottom"))
        yield Case(source="even", operations=corner, dpr=dpr)
        pixels = (resize(100, 60), crop(40, 20, anchor="10_8"))
        yield Case(source="even", operations=pixels, dpr=dpr)
        ratio = (resize(80, 80), crop(1, 1, mode="ratio", anchor="left_top"))
        yield Case(source="even", operations=ratio, dpr=dpr)
        turned = (resize(50), rotate(90))
        yield Case(source="odd", operations=turned, dpr=dpr)
    yield Case(source="even", operations=(rotate(90), resize(60), crop(60, 50)))
    yield Case(source="even", operations=(crop(100, 60), rotate(270), crop(30, 30, anchor="0_0")))
    yield Case(source="odd", operations=(crop(51, 33, anchor="20_30"), resize(102)))
    yield Case(source="even", operations=(resize(100), resize(50), resize(150)))
    yield Case(source="even", operations=(crop(80, 80), crop(40, 40), crop(20, 20)))


def formats() -> Iterator[Case]:
    for source in ("gif", "svg", "photo"):
        for operations in (
            (),
            (resize(64),),
            (resize(256),),
            (resize(60, 60, mode="fill"), crop(60, 60)),
            (crop(40, 40, anchor="right_bottom"),),
            (rotate(90),),
        ):
            yield Case(source=source, operations=operations)
        yield Case(source=source, operations=(resize(64),), dpr="2")
    for source in QUICK:
        yield Case(source=source, operations=())


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


CASES = [
    case for rows in (resizes, ratios, crops, areas, turns, chains, formats) for case in rows()
]
