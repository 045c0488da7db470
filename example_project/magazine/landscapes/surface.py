"""Cover a relief: rock and snow, sand, clouds in the valleys, air in between."""

from __future__ import annotations

from collections.abc import Sequence

import pyvips

from magazine.landscapes.noise import TILE, fractal, limit, ridged, sample, settle, smoothstep
from magazine.landscapes.paint import Stop, coordinates, mix, plain, ramp
from magazine.landscapes.terrain import View, light, steepness


def alps(seed: int, *, amplitude: float = 165) -> pyvips.Image:
    """Raise a relief of high mountains."""
    crests = ridged(cell=512, seed=seed, octaves=8, gain=0.51) * amplitude
    return settle(crests + fractal(cell=1024, seed=seed + 90, octaves=2) * 60)


def sand(seed: int) -> pyvips.Image:
    """Raise a relief of dunes: long slopes up the wind, short steep ones behind the crest."""
    column, row = coordinates(TILE, TILE)
    bend = fractal(cell=512, seed=seed, octaves=3, gain=0.4) * 1.1
    phase = (row * 6 + column * 3) / TILE + bend
    place = phase - phase.floor()
    wind = 0.74
    crest = (place < wind).ifthenelse(smoothstep(place, 0, wind), (1 - place) / (1 - wind))
    height = limit(fractal(cell=512, seed=seed + 3, octaves=2) * 0.7 + 0.55, 0.1, 1)
    swell = fractal(cell=1024, seed=seed + 8, octaves=2) * 60
    return settle((crest * height * 95 + swell).gaussblur(2))


def rock_and_snow(
    relief: pyvips.Image,
    view: View,
    *,
    rock: Sequence[Stop],
    snow: Sequence[Stop],
    slope: float = 0.55,
    ambient: float = 0.14,
    snowline: float = 0.3,
    side: int = 1,
) -> pyvips.Image:
    """Lay snow where the land is high and flat enough to hold it. Colours go by the light."""
    direct = light(relief, slope=slope, ambient=ambient, side=side)
    from_sky = light(relief, slope=1.2, ambient=0.3, side=-side, reach=0)
    sun = sample(limit(direct * 0.86 + from_sky * 0.28 - 0.1, 0, 1), view.x, view.z)
    steep = sample(steepness(relief), view.x, view.z)
    ground = sample(relief, view.x, view.z)
    speckle = _detail(view, cell=64, seed=3, zoom=4)
    hold = ground / 110 - steep * 0.6 + speckle * 0.35
    stone = ramp(limit(sun * (speckle * 0.25 + 1), 0, 1), rock)
    return mix(stone, ramp(sun, snow), smoothstep(hold, snowline - 0.25, snowline + 0.25))


def rippled_sand(
    relief: pyvips.Image, view: View, colours: Sequence[Stop], *, side: int = 1
) -> pyvips.Image:
    """Light dunes from beside, with the ripples of the wind close to the camera."""
    sun = sample(light(relief, slope=0.42, ambient=0.12, side=side), view.x, view.z)
    bend = sample(fractal(cell=128, seed=71, octaves=4, size=1024), view.x, view.z) * 9
    ripples = ((view.z * 2.2 + view.x * 0.9 + bend) * 40).sin()
    near = (view.depth / -170).exp()
    grains = _detail(view, cell=64, seed=72, zoom=14)
    return ramp(limit(sun + ripples * near * sun * 0.12 + grains * near * 0.04, 0, 1), colours)


def valley_clouds(
    view: View,
    land: pyvips.Image,
    relief: pyvips.Image,
    *,
    level: float,
    seed: int,
    colours: Sequence[Stop],
) -> pyvips.Image:
    """Fill the valleys with cloud up to a level, its shore soft."""
    swell = sample(fractal(cell=256, seed=seed, octaves=7, size=1024), view.x, view.z)
    ground = sample(relief, view.x, view.z) - swell * 26
    soft = 22
    cloud = ramp(limit(swell * 0.5 + 0.5, 0, 1), colours)
    return mix(land, cloud, smoothstep(ground, level + soft, level - soft))


def haze(view: View, land: pyvips.Image, colour: str, *, reach: float) -> pyvips.Image:
    """Let the air between the camera and the land take its colour."""
    return mix(plain(land.width, land.height, colour), land, (view.depth / -reach).exp())


def _detail(view: View, *, cell: int, seed: int, zoom: float) -> pyvips.Image:
    texture = fractal(cell=cell, seed=seed, octaves=6, gain=0.65, size=1024)
    return sample(texture, view.x * zoom, view.z * zoom)
