"""Operations that work on the neighbourhood of each pixel."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from django_rokka.emulator.rendering.pictures.operations.picture import (
    Picture,
    Scene,
    join_alpha,
    split_alpha,
    with_alpha,
)

__all__ = ["blur", "blur_frame", "circlemask", "glitch", "sharpen"]

# Above this a blur is computed on a smaller picture: its cost would grow with the sigma.
_LARGEST_SIGMA = 8.0
# Below this no neighbour has a weight that shows; libvips' own blur ends there, too.
_SMALLEST_SIGMA = 0.2
_SHARPEN = {"sigma": 0.7, "m1": 0.4, "m2": 0.8, "x1": 2.0, "y2": 10.0, "y3": 20.0}
_SLICES_PER_AMOUNT = 3


def blur(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Blur with a Gaussian, whose sigma grows with the density of the picture."""
    sigma = (options.get("sigma", 4) or options.get("radius", 0) / 2) * picture.density
    if not sigma:
        return picture
    return picture.map(lambda frame: blur_frame(frame, sigma))


def blur_frame(frame: Any, sigma: float) -> Any:
    """Return a blurred frame; what is transparent lends no colour to its neighbours."""
    if not frame.hasalpha():
        return join_alpha(_gaussian(frame, sigma).rint(), None)
    blurred = _gaussian(frame.premultiply(), sigma).unpremultiply()
    return blurred.rint().cast("uchar").copy(interpretation="srgb")


def circlemask(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Make transparent what is outside of the largest circle around the centre.

    With a radius, cut off the corners alone.
    """
    half = min(picture.width, picture.height) / 2
    radius, straight = half, [0.0, 0.0]
    if "radius" in options:
        radius = min(half, _read_radius(options["radius"], picture))
        straight = [picture.width / 2 - radius, picture.height / 2 - radius]
    if not radius:
        return picture
    centre = [(picture.width - 1) / 2, (picture.height - 1) / 2]
    places = type(picture.frames[0]).xyz(picture.width, picture.height) - centre
    beyond = places.abs() - straight
    corner = (beyond > 0).ifthenelse(beyond, 0)
    distance = (corner[0] ** 2 + corner[1] ** 2) ** 0.5
    # A pixel on the edge is as opaque as about the part of it that is inside.
    inside = ((radius + 0.5 - distance) * 255).rint().cast("uchar")

    def cut(frame: Any) -> Any:
        colours, alpha = split_alpha(with_alpha(frame))
        return join_alpha(colours, (alpha * inside / 255).rint())

    return picture.map(cut)


def glitch(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Push slices aside and part the colours: the same for the same ``random`` and size."""
    amount = options.get("amount", 4)
    if not amount:
        return picture
    seed = f"{options.get('random', '')}:{amount}:{picture.width}:{picture.height}"
    chance = random.Random(seed)  # noqa: S311 (an effect, no secret)
    reach = max(1, picture.width * amount // 50)
    slices = [
        _slice(chance, picture.height, reach=reach) for _ in range(amount * _SLICES_PER_AMOUNT)
    ]
    parting = chance.randint(1, reach)

    def disturb(frame: Any) -> Any:
        red = frame[0].wrap(x=parting % frame.width, y=0)
        frame = join_alpha(red.bandjoin(frame.extract_band(1, n=frame.bands - 1)), None)
        for top, height, shift in slices:
            part = frame.crop(0, top, frame.width, height).wrap(x=shift % frame.width, y=0)
            frame = frame.insert(part, 0, top)
        return frame.copy_memory()

    return picture.map(disturb)


def sharpen(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Sharpen the lightness; the options are those of libvips."""
    chosen = {name: options.get(name, default) for name, default in _SHARPEN.items()}
    return picture.map(
        lambda frame: frame.sharpen(**chosen).cast("uchar").copy(interpretation="srgb"),
    )


def _read_radius(value: str, picture: Picture) -> float:
    """Read pixels, or percent of the shorter side."""
    number = float(value.rstrip("p%"))
    if value[-1] in "p%":
        return min(picture.width, picture.height) * number / 100
    return number * picture.density


def _gaussian(image: Any, sigma: float) -> Any:
    """Return a blurred image of floats."""
    width, height = (
        max(1, round(side / max(1.0, sigma / _LARGEST_SIGMA)))
        for side in (image.width, image.height)
    )
    horizontal, vertical = width / image.width, height / image.height
    small = image.cast("float")
    if (width, height) != (image.width, image.height):
        small = small.resize(horizontal, vscale=vertical, kernel="linear")
    small = _convolve(_convolve(small, sigma * horizontal), sigma * vertical, is_upright=True)
    if (width, height) != (image.width, image.height):
        small = small.copy_memory().resize(1 / horizontal, vscale=1 / vertical, kernel="linear")
    return small.copy(interpretation=image.interpretation)


def _convolve(image: Any, sigma: float, *, is_upright: bool = False) -> Any:
    # Along a side of one pixel nothing mixes, and the sigma has no bound there.
    if sigma < _SMALLEST_SIGMA or (image.height if is_upright else image.width) == 1:
        return image
    mask = type(image).gaussmat(sigma, 0.2, separable=True, precision="float")
    return image.conv(mask.rot("d90") if is_upright else mask, precision="float")


def _slice(chance: random.Random, height: int, *, reach: int) -> tuple[int, int, int]:
    """Choose top, height and shift of a slice inside of the picture."""
    top = chance.randrange(height)
    return top, chance.randint(1, max(1, min(height - top, height // 8))), chance.randint(1, reach)
