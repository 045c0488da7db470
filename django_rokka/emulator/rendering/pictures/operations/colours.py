"""Operations that work on each pixel by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django_rokka.emulator.rendering.pictures.operations.picture import (
    Picture,
    Scene,
    join_alpha,
    read_colour,
    scale_alpha,
    split_alpha,
)

__all__ = ["alpha", "grayscale", "modulate", "multiply", "noop", "sepia"]

_GRAYS = 256
# The matrix of the sepia filter in the W3C's Filter Effects.
_SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))


def alpha(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Show the transparency as greys or as a black shape, take it away, or add to it."""
    mode = options.get("mode", "mask")
    opacity = options.get("opacity", 50) / 100
    changes: Mapping[str, Callable[[Any], Any]] = {
        "mask": _mask,
        "extract": _silhouette,
        "remove": lambda frame: split_alpha(frame)[0],
        "apply": lambda frame: scale_alpha(frame, opacity),
    }
    return picture.map(changes[mode])


def grayscale(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Take the colour away, and leave so many grays, each the nearest one."""
    steps = options.get("levels", _GRAYS) - 1

    def change(frame: Any) -> Any:
        gray = frame.colourspace("b-w").colourspace("srgb")
        if steps == _GRAYS - 1:
            return gray
        colours, alpha = split_alpha(gray)
        return join_alpha(((colours * (steps / 255)).rint() * (255 / steps)).rint(), alpha)

    return picture.map(change)


def modulate(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Change lightness, chroma and hue in CIE LCh, as libvips has them."""
    brightness, saturation = (options.get(key, 100) / 100 for key in ("brightness", "saturation"))
    hue = options.get("hue", 0)
    if (brightness, saturation, hue % 360) == (1, 1, 0):
        return picture
    if not brightness:
        # Chroma without lightness is a dark red or blue, and rokka promises black.
        saturation = 0

    def change(colours: Any) -> Any:
        lch = colours.colourspace("lch").linear([brightness, saturation, 1], [0, 0, hue])
        return lch.copy(interpretation="lch").colourspace("srgb")

    return _map_colours(picture, change)


def multiply(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Darken by a factor, or by one for each channel that a colour gives."""
    if colour := options.get("factor_color"):
        factors = [channel / 255 for channel in read_colour(colour)]
    else:
        factors = [options.get("factor", 0.96)] * 3
    return _map_colours(picture, lambda colours: colours.linear(factors, [0, 0, 0]))


def noop(picture: Picture, _options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Change nothing."""
    return picture


def sepia(picture: Picture, _options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Tone as an old photograph."""
    return _map_colours(picture, lambda colours: colours.recomb([list(row) for row in _SEPIA]))


def _map_colours(picture: Picture, change: Callable[[Any], Any]) -> Picture:
    """Change red, green and blue of every frame, and no alpha channel; cut what is out of range."""

    def changed(frame: Any) -> Any:
        colours, opacity = split_alpha(frame)
        return join_alpha(change(colours).rint().cast("uchar"), opacity)

    return picture.map(changed)


def _mask(frame: Any) -> Any:
    _, opacity = split_alpha(frame)
    grey = frame.new_from_image(255)[0] if opacity is None else opacity
    return grey.bandjoin([grey, grey]).copy(interpretation="srgb")


def _silhouette(frame: Any) -> Any:
    colours, opacity = split_alpha(frame)
    return join_alpha(colours.new_from_image([0, 0, 0]), opacity)
