"""Lay water under a sky: a lake that mirrors it, a sea that scatters its light."""

from __future__ import annotations

import pyvips

from magazine.landscapes.noise import fractal, limit, sample, smoothstep
from magazine.landscapes.paint import coordinates, mix, ramp, rgb, screen


def mirror(upper: pyvips.Image, depth: int, *, colour: str, seed: int) -> pyvips.Image:
    """Add a lake of `depth` rows below a picture that ends at the shore."""
    upper = upper.copy_memory()
    width, shore = upper.width, upper.height
    column, row = coordinates(width, depth)
    near = (row + 2) / depth
    far = (near + 0.05) ** -1
    aside = (column - width / 2) / width * 1600 * far * 0.5
    waves = sample(
        fractal(cell=64, seed=seed, octaves=4, size=1024), aside * 0.35 + 500, far * 1800
    )
    breeze = sample(fractal(cell=512, seed=seed + 7, octaves=3, size=1024), aside * 0.1, far * 720)
    strength = smoothstep(breeze, -0.5, 0.5) * (near * 0.8 + 0.06) * (shore + depth) * 0.05
    shake = waves * strength
    from_column = limit(column + shake * 0.15, 0, width - 1)
    from_row = limit(row * (shore / depth) * 0.98 + shake, 0, shore - 1)
    reflection = upper.flipver().copy_memory().mapim(from_column.bandjoin(from_row))
    lake = mix(reflection, rgb(colour), limit(near * 0.5 + 0.12, 0, 0.7))
    return upper.join(lake, "vertical")


def open_water(upper: pyvips.Image, depth: int, *, x: float) -> pyvips.Image:
    """Add a sea of `depth` rows below a sky that ends at the horizon, the sun standing at `x`."""
    width = upper.width
    column, row = coordinates(width, depth)
    far = ((row + 1.5) / width) ** -1 * 10
    aside = (column / width - 0.5) * far
    texture = fractal(cell=128, seed=81, octaves=7, gain=0.62, size=1024)
    swell = sample(texture, aside * 9 + 400, far * 26) * limit(150 / far, 0, 1) ** 0.5
    depths = [(0.0, "#dca27e"), (0.1, "#a9808a"), (0.4, "#52597e"), (1.0, "#1c2f52")]
    sea = ramp(row / depth + swell * 0.22, depths)
    beside = (column / width - x).abs() / ((row / depth) * 0.13 + 0.022)
    road = (beside * beside * -1).exp()
    sea = screen(sea, smoothstep(swell + road * 0.42, 0.28, 0.62) * road * rgb("#ffd9a4"))
    sea = mix(sea, rgb("#f4b988"), (row / depth * -40).exp() * 0.6)
    return upper.join(sea, "vertical")
