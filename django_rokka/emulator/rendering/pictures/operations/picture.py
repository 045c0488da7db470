"""What operations work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django_rokka.emulator.rendering.pictures.operations.areas import Areas

__all__ = [
    "FAR",
    "Apply",
    "Picture",
    "Scene",
    "join_alpha",
    "read_colour",
    "scale_alpha",
    "split_alpha",
    "with_alpha",
]

FAR = 1_000_000
"""Pixels that lead out of every picture: numbers that have no maximum count up to here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Frames of equal size, one where nothing moves, and the areas that crops look for."""

    frames: tuple[Any, ...]
    areas: Areas = field(default_factory=Areas)
    density: float = 1
    """The dpr by which a resize has multiplied the size; pixels of later options mean that size."""

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.frames[0].width)

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.frames[0].height)

    def map(self, change: Callable[[Any], Any], *, areas: Areas | None = None) -> Picture:
        """Return a picture with every frame changed; areas that are not given stay."""
        return replace(
            self,
            frames=tuple(map(change, self.frames)),
            areas=self.areas if areas is None else areas,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an operation may look at besides its picture and its options."""

    dpr: float = 1
    secondary: Picture | None = None
    """The picture that a composition names."""
    font: Path | None = None
    """The file of the font that a text names."""
    charge: Callable[[str, int], None] = lambda _operation, _pixels: None
    """Count what is made besides the picture, before there are pixels."""


Apply = Callable[[Picture, Mapping[str, Any], Scene], Picture]
"""An operation: picture, checked options and scene to another picture."""


def join_alpha(colours: Any, alpha: Any | None) -> Any:
    """Put colours and an alpha channel together, as bytes in sRGB."""
    joined = colours if alpha is None else colours.bandjoin(alpha)
    return joined.cast("uchar").copy(interpretation="srgb")


def read_colour(text: str) -> list[float]:
    """Read ``RRGGBB``."""
    return [float(int(text[start : start + 2], 16)) for start in (0, 2, 4)]


def scale_alpha(frame: Any, factor: float) -> Any:
    """Return a frame that is so much less opaque."""
    if factor == 1:
        return frame
    colours, alpha = split_alpha(with_alpha(frame))
    return join_alpha(colours, (alpha * factor).rint())


def split_alpha(frame: Any) -> tuple[Any, Any]:
    """Return the colours and the alpha channel, ``None`` where there is none."""
    if not frame.hasalpha():
        return frame, None
    last = frame.bands - 1
    return frame.extract_band(0, n=last), frame.extract_band(last)


def with_alpha(frame: Any) -> Any:
    """Return a frame with an alpha channel, which is opaque where there was none."""
    return frame if frame.hasalpha() else frame.bandjoin(255)
