"""The operation that writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast
from xml.sax.saxutils import escape

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import TooManyPixels
from django_rokka.emulator.pixels.vips import BrokenImage, translating
from django_rokka.emulator.rendering.pictures.operations.anchors import PARTS, place_layer
from django_rokka.emulator.rendering.pictures.operations.layers import lay_over
from django_rokka.emulator.rendering.pictures.operations.picture import (
    FAR,
    Picture,
    Scene,
    join_alpha,
    read_colour,
)
from django_rokka.emulator.rendering.pictures.operations.sizes import rotate

__all__ = ["text"]

_ALIGNMENTS = {"left": "low", "centre": "centre", "right": "high"}
# Points are pixels at this density.
_DPI = 72
# Pixels of the box of a text, of which there may be several in one stack.
_MAX_AREA = 40_000_000
_NO_INK = "no text to render"
# How many times smaller a text is drawn to learn how large it would be, and how large at most.
_SMALLER = 8
_LARGEST_SKETCH = 125


def text(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Write onto every frame; what is beyond the picture's edges is cut off."""
    shape = _shape(picture, options, scene)
    if shape is None:
        return picture
    colour = shape.new_from_image(read_colour(options.get("color", "000000"))).cast("uchar")
    opacity = options.get("opacity", 100) / 100
    layer = Picture(frames=(join_alpha(colour, (shape * opacity).rint()),))
    if angle := options.get("angle"):
        layer = rotate(layer, {"angle": angle}, scene)
    at = place_layer(
        options.get("anchor", "center_center"),
        picture.width - layer.width,
        picture.height - layer.height,
        density=picture.density,
    )
    return picture.map(lambda frame: lay_over(frame, layer.frames[0], at=at))


def _shape(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Any | None:
    """Return how opaque each pixel of the text's box is, ``None`` for a text without ink."""
    font = cast(Path, scene.font)  # planning has found the one that the text names
    density = picture.density
    width, height = (round(options.get(name, 0) * density) for name in ("width", "height"))
    _check_area(width, height)
    align = options.get("align", "left")
    settings: dict[str, Any] = {
        "align": _ALIGNMENTS[align],
        "spacing": round(options.get("spacing", 0) * density),
        "fontfile": str(font),
    }
    if width:
        settings["width"] = width
    if width and height and options.get("resize_to_box"):
        settings["height"] = height
    else:
        settings["dpi"] = _DPI
    size = min(FAR, options.get("size", 16) * density)
    _check_area(round(size), round(size))
    ink = _Pen(type(picture.frames[0]).text, font, options["text"], settings).draw(size)
    return None if ink is None else _in_box(ink, width, height, part=PARTS[align])


class _Pen(NamedTuple):
    """Writes words in one font; what looks like Pango's markup in them is words, too."""

    write: Callable[..., Any]
    font: Path
    words: str
    settings: Mapping[str, Any]

    def draw(self, size: float) -> Any | None:
        """Return a text as one band, white on black; ``None`` where there is no ink."""
        try:
            if "height" not in self.settings:
                self._check_size(size)
            with translating(self.font):
                return self._write(size, self.settings).copy_memory()
        except BrokenImage as error:
            if _NO_INK in str(error):
                return None
            raise BadRequest(f"The text cannot be drawn: {error}. Make it shorter.") from error

    def _check_size(self, size: float) -> None:
        """Refuse a text that comes out too large, by drawing it small."""
        times = max(_SMALLER, size / _LARGEST_SKETCH)
        small = {
            name: max(1, int(value / times)) if value and name in {"width", "spacing"} else value
            for name, value in self.settings.items()
        }
        # A text that has no ink at this size may have some at its own.
        with suppress(BrokenImage), translating(self.font):
            drawn = self._write(size / times, small)
            _check_area(round(drawn.width * times), round(drawn.height * times))

    def _write(self, size: float, settings: Mapping[str, Any]) -> Any:
        return self.write(escape(self.words), font=f"{self.font.stem}, {size:.3f}", **settings)


def _check_area(width: int, height: int) -> None:
    if width * height > _MAX_AREA:
        raise TooManyPixels(width, height, frames=1, maximum=_MAX_AREA)


def _in_box(ink: Any, width: int, height: int, *, part: float) -> Any:
    """Put a text into its box: across as it is aligned, down in the middle or cut off."""
    width, height = width or ink.width, height or ink.height
    across = round((width - ink.width) * part)
    down = max(0, (height - ink.height) // 2)
    return ink.embed(across, down, width, height)
