"""What operations work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Apply", "Area", "Picture", "Scene", "read_colour", "with_alpha"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Frames of equal size, one where nothing moves, and the area that must stay visible."""

    frames: tuple[Any, ...]
    subject: Area | None = None

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.frames[0].width)

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.frames[0].height)

    def map(self, change: Callable[[Any], Any], *, subject: Area | None) -> Picture:
        """Return a picture with every frame changed."""
        return replace(self, frames=tuple(map(change, self.frames)), subject=subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an operation may look at besides its picture and its options."""

    dpr: float = 1
    secondary: Picture | None = None
    """The picture that a composition names."""
    font: Path | None = None
    """The file of the font that a text names."""


Apply = Callable[[Picture, Mapping[str, Any], Scene], Picture]
"""An operation: picture, checked options and scene to another picture."""


def read_colour(text: str) -> list[float]:
    """Read ``RRGGBB``."""
    return [float(int(text[start : start + 2], 16)) for start in (0, 2, 4)]


def with_alpha(frame: Any) -> Any:
    """Return a frame with an alpha channel, which is opaque where there was none."""
    return frame if frame.hasalpha() else frame.bandjoin(255)
