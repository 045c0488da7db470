"""Paint with light: colours, gradients, glows and the grain that keeps them smooth."""

from __future__ import annotations

from collections.abc import Sequence

import pyvips

from magazine.landscapes.noise import limit, settle, smoothstep

ENLARGEMENT = 1.5

Stop = tuple[float, str]
"""A place between 0 and 1, and the colour there."""


def rgb(colour: str) -> list[float]:
    """Turn `#d08c4a` into its three numbers."""
    return [float(int(colour[at : at + 2], 16)) for at in (1, 3, 5)]


def plain(width: int, height: int, colour: str) -> pyvips.Image:
    """Fill a canvas with one colour."""
    return pyvips.Image.black(width, height) + rgb(colour)


def coordinates(width: int, height: int) -> tuple[pyvips.Image, pyvips.Image]:
    """Return two images that hold the column and the row of each pixel."""
    grid = pyvips.Image.xyz(width, height)
    return grid[0], grid[1]


def ramp(values: pyvips.Image, stops: Sequence[Stop]) -> pyvips.Image:
    """Colour an image of values by the nearest stops, blending between them."""
    values = settle(values)
    low, colour = stops[0]
    painted = plain(values.width, values.height, colour)
    for high, following in stops[1:]:
        painted = mix(painted, rgb(following), smoothstep(values, low, high))
        low = high
    return painted


def gradient(width: int, height: int, stops: Sequence[Stop]) -> pyvips.Image:
    """Colour a canvas from its top (0) to its bottom (1)."""
    _column, row = coordinates(width, height)
    return ramp(row / height, stops)


def along(colours: Sequence[str], place: float) -> str:
    """Pick the colour at a place between 0 and 1 on a row of evenly spaced colours."""
    at = min(int(place * (len(colours) - 1)), len(colours) - 2)
    share = place * (len(colours) - 1) - at
    pairs = zip(rgb(colours[at]), rgb(colours[at + 1]), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in pairs)


def to_canvas(line: pyvips.Image, height: int) -> pyvips.Image:
    """Repeat one line of values down a whole canvas."""
    return line.embed(0, 0, line.width, height, extend="copy")


def mix(
    below: pyvips.Image, above: pyvips.Image | Sequence[float], mask: pyvips.Image
) -> pyvips.Image:
    """Lay `above` over `below` where the mask is 1; between 0 and 1 both shine through."""
    below = settle(below)
    return below + (below * -1 + above) * mask


def screen(below: pyvips.Image, light: pyvips.Image) -> pyvips.Image:
    """Add light as film does: bright places never burn out at once."""
    below = limit(below, 0, 255)
    return (below - 255) * (1 - limit(light, 0, 255) / 255) + 255


def distance(width: int, height: int, *, x: float, y: float, squash: float = 1) -> pyvips.Image:
    """Measure how far each pixel is from a place, as a share of the canvas's longer edge."""
    column, row = coordinates(width, height)
    scale = max(width, height)
    aside, below = column - x * width, (row - y * height) * squash
    return (aside * aside + below * below) ** 0.5 / scale


def glow(
    width: int, height: int, *, x: float, y: float, colour: str, reach: float, squash: float = 1
) -> pyvips.Image:
    """Shine from one place (shares of the canvas) with light that fades over `reach`."""
    far = distance(width, height, x=x, y=y, squash=squash)
    return ((far / reach) * -1).exp() * rgb(colour)


def develop(picture: pyvips.Image, *, seed: int, grain: float = 2.2) -> pyvips.Image:
    """Finish a painting: enlarge it, darken its corners, add grain against banding.

    Returns eight bits a channel, `ENLARGEMENT` times as wide as what was painted: noise costs time
    by the pixel, and the grain gives back the sharpness.
    """
    picture = settle(limit(picture, 0, 255))
    picture = picture.resize(ENLARGEMENT, kernel="lanczos3")
    width, height = picture.width, picture.height
    corners = distance(width, height, x=0.5, y=0.5)
    picture *= 1.02 - corners * corners * 0.5
    picture += pyvips.Image.gaussnoise(width, height, sigma=grain, mean=0, seed=seed)
    return limit(picture, 0, 255).rint().cast("uchar").copy(interpretation="srgb")
