"""The sea: open at sunset, and between islands at noon."""

from __future__ import annotations

import pyvips

from magazine.landscapes import sky
from magazine.landscapes.noise import fractal, limit, ridged, sample, settle, smoothstep
from magazine.landscapes.paint import coordinates, develop, glow, gradient, mix, ramp, rgb, screen
from magazine.landscapes.surface import haze
from magazine.landscapes.terrain import Camera, View, light, look, steepness
from magazine.landscapes.water import open_water


def open_sea(width: int, height: int) -> pyvips.Image:
    """Show the sun a hand above the horizon, and its road on the water."""
    horizon = round(height * 0.47)
    sun = 0.62
    air = gradient(
        width, horizon, [(0, "#34507c"), (0.45, "#a08ca0"), (0.8, "#f0a978"), (1, "#ffd08c")]
    )
    deck = sky.ceiling(width, horizon, horizon=1.02, seed=77, scale=1.5, stretch=1.6)
    lit = gradient(width, horizon, [(0, "#4a4f6c"), (0.5, "#b37f7d"), (1, "#ffc188")])
    air = mix(air, lit, smoothstep(deck, -0.02, 0.55) * 0.85)
    light_of_sun = glow(width, horizon, x=sun, y=0.93, colour="#ffd9a0", reach=0.13, squash=1.3)
    air = screen(air, light_of_sun)
    column, row = coordinates(width, horizon)
    away = ((column - sun * width) ** 2 + (row - 0.93 * horizon) ** 2) ** 0.5 / width
    air = mix(air, rgb("#fff3cf"), smoothstep(away, 0.022, 0.0195))
    return develop(open_water(air, height - horizon, x=sun), seed=9)


def islands(width: int, height: int) -> pyvips.Image:
    """Show a broken coast from above."""
    air = gradient(width, height, [(0, "#4f86b0"), (0.3, "#b5d0d8"), (0.4, "#f2e6cf")])
    wisps = smoothstep(sky.banks(width, height, seed=84, cell=1.0, flat=4), -0.05, 0.8)
    air = mix(air, rgb("#ffffff"), wisps * 0.7)
    crests = ridged(cell=256, seed=18, octaves=7) * 45
    ground = settle(fractal(cell=512, seed=17, octaves=9) * 120 + crests - 42)
    relief = settle(limit(ground, 0, 900))
    camera = Camera(x=0, z=100, height=210, horizon=0.36, focal=1.1, near=140, far=2200)
    view = look(relief, width, height, camera)
    high = sample(ground, view.x, view.z)
    coast = mix(_shallows(view, high), _hillsides(relief, view, high), smoothstep(high, -0.2, 0.3))
    land = haze(view, coast, "#d5dedb", reach=2600)
    return develop(mix(air, land, view.land), seed=12)


def _hillsides(relief: pyvips.Image, view: View, high: pyvips.Image) -> pyvips.Image:
    sun = sample(light(relief, slope=0.7, ambient=0.2), view.x, view.z)
    steep = sample(steepness(relief), view.x, view.z)
    texture = fractal(cell=32, seed=19, octaves=5, gain=0.8, size=1024)
    grain = sample(texture, view.x * 4, view.z * 4)
    shade = limit(sun + grain * 0.12, 0, 1)
    green = ramp(shade, [(0, "#1b2b2c"), (0.5, "#4b5f3a"), (1, "#b9b56c")])
    stone = ramp(shade, [(0, "#2a2f36"), (0.5, "#6a665c"), (1, "#cbbb9c")])
    land = mix(green, stone, smoothstep(steep + grain * 0.2, 0.5, 1.1))
    beach = (sun * 0.6 + 0.4) * rgb("#d9c9a0")
    return mix(beach, land, smoothstep(high + grain * 2, 1, 7))


def _shallows(view: View, high: pyvips.Image) -> pyvips.Image:
    texture = fractal(cell=32, seed=20, octaves=5, gain=0.7, size=1024)
    swell = sample(texture, view.x * 2, view.z * 6)
    depth = limit(view.depth / 1800 + swell * 0.05, 0, 1)
    sea = ramp(depth, [(0, "#0f4258"), (0.4, "#3a7a8f"), (1, "#bcd4d6")])
    sea = mix(sea, rgb("#5fb3ae"), smoothstep(high + swell * 2, -26, 0) * 0.75)
    return mix(sea, rgb("#f2f5ee"), smoothstep(high + swell * 2.5, -3, -0.3) * 0.8)
