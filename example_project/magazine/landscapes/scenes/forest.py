"""Firs: row behind row in fog, and dark under northern lights."""

from __future__ import annotations

import pyvips

from magazine.landscapes import sky
from magazine.landscapes.firs import forest
from magazine.landscapes.noise import limit, settle, skyline, smoothstep
from magazine.landscapes.paint import (
    along,
    coordinates,
    develop,
    glow,
    gradient,
    mix,
    plain,
    ramp,
    rgb,
    screen,
    to_canvas,
)


def pines_in_fog(width: int, height: int) -> pyvips.Image:
    """Show a forest that fog takes away row by row."""
    picture = gradient(width, height, [(0, "#b9c3c4"), (0.5, "#d9dcd6"), (1, "#c4cac6")])
    picture = screen(picture, glow(width, height, x=0.62, y=0.16, colour="#fff1d6", reach=0.3))
    trees = ("#c3ccca", "#9fadac", "#73868a", "#445a5f", "#1f3237", "#0d1a1e")
    fogs = ("#d9deda", "#cdd5d2", "#bcc7c5", "#9fafae", "#75888a", "#33474b")
    _column, row = coordinates(width, height)
    rows = 6
    for number in range(rows):
        near = number / (rows - 1)
        base = (0.36 + 0.56 * near) * height
        cover = forest(
            width,
            height,
            base=base,
            tall=height * (0.12 + 0.34 * near**1.2),
            spacing=width * (0.018 + 0.07 * near),
            seed=20 + number,
        )
        drift = sky.banks(width, height, seed=120 + number, cell=0.9, flat=3)
        below = (row - base) / height
        fog = smoothstep(below + drift * 0.07, -0.1 - 0.22 * near, -0.01)
        firs = mix(plain(width, height, along(trees, near)), rgb(along(fogs, near)), fog)
        picture = mix(picture, firs, cover)
        veil = smoothstep(drift, -0.2, 0.8) * smoothstep(below, -0.16, 0.02) * (1.1 - near) * 0.6
        picture = settle(mix(picture, rgb("#dfe3df"), veil))
    return develop(picture, seed=7)


def northern_lights(width: int, height: int) -> pyvips.Image:
    """Show two curtains of northern light over a forest."""
    air = gradient(
        width, height, [(0, "#050b1c"), (0.45, "#0a1c33"), (0.72, "#143c48"), (1, "#1d4a4c")]
    )
    air = sky.stars(air, seed=30)
    air = sky.aurora(air, seed=12, base=0.56, colours=("#54f2a4", "#7a4fd0"), strength=0.95)
    air = sky.aurora(air, seed=47, base=0.42, colours=("#3fd8a0", "#8a46b8"), strength=0.5)
    _column, row = coordinates(width, height)
    line = skyline(width, cell=width // 3, seed=33, octaves=9, gain=0.45)
    top = to_canvas(line * -0.09 + 0.73, height) * height
    hills = ramp((row - top) / height, [(0, "#0c2630"), (0.14, "#153a40")])
    picture = mix(air, hills, limit(row - top + 0.5, 0, 1))
    cover = forest(
        width, height, base=height * 0.93, tall=height * 0.25, spacing=width * 0.022, seed=5
    )
    return develop(mix(picture, rgb("#040a10"), cover), seed=8)
