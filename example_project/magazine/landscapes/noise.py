"""Make noise: the raw material of mountains, clouds and water."""

from __future__ import annotations

import pyvips

TILE = 2048
"""Edge of a tile in pixels. Powers of two below it are cells that repeat without a seam."""

_MARGIN = 4


def fractal(
    *, cell: int, seed: int, octaves: int = 6, gain: float = 0.5, size: int = TILE
) -> pyvips.Image:
    """Add up ever finer gradient noise: values of about -1 to 1, in a tile that repeats."""
    total = pyvips.Image.black(size, size)
    weight = 1.0
    for octave in range(octaves):
        layer = _octave(octave, size=size, cell=cell, seed=seed)
        total += layer * (1.7 * weight)
        weight *= gain
    return settle(total)


def ridged(
    *, cell: int, seed: int, octaves: int = 7, gain: float = 0.5, size: int = TILE
) -> pyvips.Image:
    """Fold noise at zero, which turns its slopes into crests: values of about 0 to 1.

    Fine crests grow only where coarse ones stand, so valleys stay smooth as they do in nature.
    """
    total = pyvips.Image.black(size, size)
    weight: pyvips.Image | float = 1.0
    amplitude = 0.5
    for octave in range(octaves):
        layer = _octave(octave, size=size, cell=cell, seed=seed)
        fold = 1 - (layer * 2.1).abs()
        crest = settle(fold * fold)
        total += crest * weight * amplitude
        weight = limit(crest * 1.6, 0, 1)
        amplitude *= gain
    return settle(total)


def sample(tile: pyvips.Image, u: pyvips.Image, v: pyvips.Image) -> pyvips.Image:
    """Read a repeating tile at any coordinates, in pixels of the tile."""
    edge = tile.width + 2 * _MARGIN
    padded = tile.embed(_MARGIN, _MARGIN, edge, edge, extend="repeat").copy_memory()
    index = (u % tile.width).bandjoin(v % tile.height) + _MARGIN
    return settle(padded.mapim(index, interpolate=pyvips.Interpolate.new("bilinear")))


def skyline(
    width: int, *, cell: int, seed: int, octaves: int = 8, gain: float = 0.5
) -> pyvips.Image:
    """Draw one line of noise, `width` pixels long: values of about -1 to 1."""
    total = pyvips.Image.black(width, 1)
    weight = 1.0
    for octave in range(octaves):
        size = max(2, cell >> octave)
        # Half a cell down, because gradient noise is zero on the lines of its lattice.
        layer = pyvips.Image.perlin(width, size, cell_size=size, seed=seed + octave)
        total += layer.crop(0, size // 2, width, 1) * (1.9 * weight)
        weight *= gain
    return settle(total)


def settle(image: pyvips.Image) -> pyvips.Image:
    """Compute an image now: what is used twice would otherwise be computed twice."""
    return image.cast("float").copy_memory()


def limit(image: pyvips.Image, low: float, high: float) -> pyvips.Image:
    """Cut values off at `low` and `high`."""
    return image.clamp(min=low, max=high)


def smoothstep(image: pyvips.Image, low: float, high: float) -> pyvips.Image:
    """Ease values from 0 at `low` to 1 at `high`."""
    t = settle(limit((image - low) / (high - low), 0, 1))
    return t * t * (3 - t * 2)


def _octave(number: int, *, size: int, cell: int, seed: int) -> pyvips.Image:
    return pyvips.Image.perlin(size, size, cell_size=max(2, cell >> number), seed=seed + number)
