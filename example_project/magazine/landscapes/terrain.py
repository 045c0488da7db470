"""Look across a height map: rays, relief, light and shadow."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

import pyvips

from magazine.landscapes.noise import limit, sample, settle
from magazine.landscapes.paint import coordinates, to_canvas

_STEPS = 900


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Where the photographer stands on the map, and how the lens is set.

    Lengths are in pixels of the height map; `horizon` is a share of the picture's height and
    `focal` a share of its width.
    """

    x: float
    z: float = 0.0
    height: float
    horizon: float
    focal: float
    near: float
    far: float


@dataclass(frozen=True, kw_only=True)
class View:
    """What a camera sees, pixel by pixel: the place on the map, its distance, how much is land."""

    x: pyvips.Image
    z: pyvips.Image
    depth: pyvips.Image
    land: pyvips.Image


def look(relief: pyvips.Image, width: int, height: int, camera: Camera) -> View:
    """Find the place on the relief that each pixel of a picture shows."""
    growth = math.log(camera.far / camera.near) / _STEPS
    lens = camera.focal * width
    step, column = coordinates(_STEPS, width)
    depth = (step * growth).exp() * camera.near
    aside = (column - width / 2) / lens * depth
    ground = sample(relief, aside + camera.x, depth + camera.z)
    tops = (ground * -1 + camera.height) * lens / depth + camera.horizon * height
    tops = _running_minimum(tops)

    column, row = coordinates(width, height)
    seen = settle((_visible_steps(tops, height) * growth).exp() * camera.near)
    aside = settle((column - width / 2) / lens * seen + camera.x)
    skyline = tops.crop(_STEPS - 1, 0, 1, width).rot90().fliphor()
    land = limit(row - to_canvas(skyline, height) + 0.5, 0, 1)
    return View(x=aside, z=settle(seen + camera.z), depth=seen, land=land)


def light(
    relief: pyvips.Image, *, slope: float, ambient: float, side: int = 1, reach: int = 8
) -> pyvips.Image:
    """Light a relief by a sun that stands low beside it: 0 in shadow, 1 in full light.

    `slope` is the sun's height as the tangent of its angle; `side` 1 puts it at the left and -1 at
    the right. Shadows fall as far as `2 ** reach` pixels.
    """
    from_left = relief if side > 0 else relief.fliphor()
    run = _shift(from_left, -1) - _shift(from_left, 1)
    rise = run / -2
    facing = limit((rise + slope) / ((rise * rise + 1) ** 0.5 * math.hypot(1, slope)), 0, 1)
    ceiling = from_left
    for power in range(reach):
        span = 1 << power
        ceiling = _maximum(ceiling, _shift(ceiling, span) - slope * span).copy_memory()
    shaded = limit((ceiling - from_left) / 6, 0, 1)
    lit = facing * (1 - shaded) * (1 - ambient) + ambient
    return (lit if side > 0 else lit.fliphor()).copy_memory()


def steepness(relief: pyvips.Image) -> pyvips.Image:
    """Measure how steep a relief is everywhere: the tangent of its slope."""
    across = (_shift(relief, 1) - _shift(relief, -1)) / 2
    along = relief.rot90()
    along = ((_shift(along, 1) - _shift(along, -1)) / 2).rot270()
    return (across * across + along * along) ** 0.5


def _shift(image: pyvips.Image, columns: int) -> pyvips.Image:
    repeated = image.replicate(2, 1)
    return repeated.crop(-columns % image.width, 0, image.width, image.height)


def _maximum(one: pyvips.Image, other: pyvips.Image) -> pyvips.Image:
    return (one > other).ifthenelse(one, other)


def _running_minimum(image: pyvips.Image) -> pyvips.Image:
    """Replace each value by the least so far from the left, doubling the span each time."""
    span = 1
    while span < image.width:
        moved = image.embed(span, 0, image.width + span, image.height, extend="copy")
        moved = moved.crop(0, 0, image.width, image.height)
        image = (image < moved).ifthenelse(image, moved).copy_memory()
        span *= 2
    return image


def _visible_steps(tops: pyvips.Image, rows: int) -> pyvips.Image:
    """Turn "how high does the land reach after n steps" into "which step does a pixel show"."""
    columns = tops.height
    memory = memoryview(tops.cast("float").write_to_memory()).cast("f")
    picture = array("f", bytes(4 * rows * columns))
    for column in range(columns):
        start = column * rows
        bottom = rows
        for step, edge in enumerate(memory[column * _STEPS : (column + 1) * _STEPS]):
            if edge < bottom:
                top = max(0, math.ceil(edge - 0.5))
                run = bottom - top
                for up in range(run):
                    picture[start + bottom - 1 - up] = step - 1 + (up + 1) / run
                bottom = top
                if top == 0:
                    break
    painted = pyvips.Image.new_from_memory(picture.tobytes(), rows, columns, 1, "float")
    return limit(painted.rot270().flipver(), 0, _STEPS)
