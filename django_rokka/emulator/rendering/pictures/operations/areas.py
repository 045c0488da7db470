"""The parts of a picture that crops look for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["Area", "Areas", "read_areas"]


class Area(NamedTuple):
    """A box in pixels of the picture as it is now."""

    x: float
    y: float
    width: float
    height: float

    def scaled(self, horizontal: float, vertical: float) -> Area:
        """Return the area after its picture was scaled."""
        return Area(
            self.x * horizontal, self.y * vertical, self.width * horizontal, self.height * vertical
        )

    def moved(self, x: float, y: float) -> Area:
        """Return the area after so much was cut off at the left and at the top."""
        return self._replace(x=self.x - x, y=self.y - y)

    def turned(self, angle: float, *, before: tuple[int, int], after: tuple[int, int]) -> Area:
        """Return what bounds the area after its picture was turned clockwise about its middle.

        ``before`` and ``after`` are width and height of that picture.
        """
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        x = self.x + (self.width - before[0]) / 2
        y = self.y + (self.height - before[1]) / 2
        width = abs(self.width * cosine) + abs(self.height * sine)
        height = abs(self.width * sine) + abs(self.height * cosine)
        return Area(
            x * cosine - y * sine + (after[0] - width) / 2,
            x * sine + y * cosine + (after[1] - height) / 2,
            width,
            height,
        )

    def clipped(self, width: int, height: int) -> Area | None:
        """Return what a picture of this size shows of the area, ``None`` for nothing."""
        left, top = max(0.0, self.x), max(0.0, self.y)
        right, bottom = min(width, self.x + self.width), min(height, self.y + self.height)
        if right <= left or bottom <= top:
            return None
        return Area(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """What the metadata of an image say of its parts."""

    subject: Area | None = None
    crop: Area | None = None
    face: Area | None = None
    named: Mapping[str, Areas] = field(default_factory=dict)
    """The areas that the crop option ``area`` chooses from."""

    def map(self, change: Callable[[Area], Area]) -> Areas:
        """Return areas of which every one is changed."""
        return Areas(
            subject=self.subject and change(self.subject),
            crop=self.crop and change(self.crop),
            face=self.face and change(self.face),
            named={name: areas.map(change) for name, areas in self.named.items()},
        )


def read_areas(metadata: Mapping[str, Any], width: int, height: int) -> Areas:
    """Read the areas from the dynamic metadata of an image of this size."""
    found = {
        name: _read_area(metadata.get(key), width, height)
        for name, key in (
            ("subject", "subject_area"),
            ("crop", "crop_area"),
            ("face", "detection_face"),
        )
    }
    named = {
        name: read_areas(areas, width, height)
        for name, areas in metadata.get("multi_areas", {}).items()
    }
    return Areas(**found, named=named)


def _read_area(value: Mapping[str, Any] | None, width: int, height: int) -> Area | None:
    if not value:
        return None
    # An x or y of 0 may be left out, and so may the sides of a point.
    area = Area(
        max(0.0, float(value.get("x", 0))),
        max(0.0, float(value.get("y", 0))),
        max(1.0, float(value.get("width", 1))),
        max(1.0, float(value.get("height", 1))),
    )
    return area.scaled(width / 100, height / 100) if value.get("percentage") else area
