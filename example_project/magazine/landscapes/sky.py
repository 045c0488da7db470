"""Hang the sky: clouds on a ceiling that runs to the horizon, stars, a moon, northern lights."""

from __future__ import annotations

import pyvips

from magazine.landscapes.noise import fractal, limit, sample, skyline, smoothstep
from magazine.landscapes.paint import coordinates, distance, rgb, screen, to_canvas


def ceiling(
    width: int, height: int, *, horizon: float, seed: int, scale: float = 1.0, stretch: float = 1.0
) -> pyvips.Image:
    """Spread noise on a flat ceiling overhead, seen in perspective; it thins out far away."""
    column, row = coordinates(width, height)
    above = limit((row * -1 + horizon * height) / width, 0.004, 2)
    far = above**-1 * 60 * scale
    aside = (column / width - 0.5) * far
    texture = fractal(cell=256, seed=seed, octaves=8, gain=0.55, size=1024)
    noise = sample(texture, aside / stretch + 300, far * 1.4 + 100)
    return noise * smoothstep(above, 0.01, 0.12)


def banks(
    width: int, height: int, *, seed: int, cell: float = 0.5, flat: float = 3.0
) -> pyvips.Image:
    """Stack long flat banks of cloud: noise stretched sideways and bent by more noise."""
    column, row = coordinates(width, height)
    u, v = column / width * 1024 / cell, row / width * 1024 / cell * flat
    bend = sample(fractal(cell=256, seed=seed + 50, octaves=4, size=1024), u * 0.5, v * 0.5) * 60
    texture = fractal(cell=512, seed=seed, octaves=9, gain=0.53, size=1024)
    return sample(texture, u + bend, v + bend)


def stars(sky: pyvips.Image, *, seed: int, amount: float = 1.0) -> pyvips.Image:
    """Scatter stars of all magnitudes, few of them bright and most of them faint."""
    width, height = sky.width, sky.height
    kinds = ((3.05, 600, "#ffecd6"), (3.6, 1040, "#d6e4ff"), (4.3, 3600, "#ffffff"))
    for number, (rarity, power, colour) in enumerate(kinds):
        noise = pyvips.Image.gaussnoise(width, height, mean=0, sigma=1, seed=seed + number)
        points = limit(noise - rarity, 0, 1) * power * amount
        sky = screen(sky, points.gaussblur(0.7 + 0.5 * number) / 255 * rgb(colour))
    return sky


def milky_way(sky: pyvips.Image, *, seed: int, y: float, tilt: float) -> pyvips.Image:
    """Lay the Milky Way across the sky, with dark rifts along its middle."""
    width, height = sky.width, sky.height
    column, row = coordinates(width, height)
    dust = banks(width, height, seed=seed, cell=0.9, flat=1)
    folds = banks(width, height, seed=seed + 100, cell=0.7, flat=1).abs() * -1
    off = row / height - y - (column / width - 0.5) * tilt
    rift = smoothstep(folds, -0.3, 0.02) * ((off + 0.02 + dust * 0.05) ** 2 * -130).exp()
    river = ((off + dust * 0.07) ** 2 * -45).exp() * (dust * 0.5 + 0.75) * (1 - rift * 0.75)
    heart = ((off + dust * 0.05) ** 2 * -220).exp() * smoothstep(row / height, 0, 0.6)
    sky = screen(sky, river * rgb("#5a6288"))
    return screen(sky, heart * (1 - rift * 0.8) * rgb("#5c4a52"))


def moon(sky: pyvips.Image, *, x: float, y: float, radius: float, colour: str) -> pyvips.Image:
    """Put up a full moon with its dark seas and a faint ring of light."""
    width, height = sky.width, sky.height
    far = distance(width, height, x=x, y=y)
    column, row = coordinates(width, height)
    scale = 1024 / (radius * 5 * max(width, height))
    seas = sample(fractal(cell=256, seed=5, octaves=6, size=1024), column * scale, row * scale)
    face = 1 - smoothstep(seas, -0.1, 0.5) * 0.22
    edge = 0.7 / max(width, height)
    disc = smoothstep(far, radius + edge, radius - edge)
    halo = ((far - radius) * (-1 / (radius * 2.2))).exp() * 90 + (far * -6).exp() * 60
    lit = screen(sky, halo * (1 - disc) / 255 * rgb(colour))
    return lit + (face * rgb(colour) - lit) * disc


def aurora(
    sky: pyvips.Image, *, seed: int, base: float, colours: tuple[str, str], strength: float
) -> pyvips.Image:
    """Hang one curtain of northern light: a sharp lower edge and rays that fade upward."""
    width, height = sky.width, sky.height
    _column, row = coordinates(width, height)
    fold = skyline(width, cell=width // 2, seed=seed, octaves=4, gain=0.45)
    rays = skyline(width, cell=max(8, width // 12), seed=seed + 9, octaves=6, gain=0.7)
    bright = smoothstep(skyline(width, cell=width // 3, seed=seed + 20, octaves=3), -0.45, 0.4)
    tall = rays * 0.35 + 1
    up = to_canvas(fold * 0.11 + base, height) - row / height
    tall, rays, bright = (to_canvas(line, height) for line in (tall, rays, bright))
    rise = smoothstep(up, -0.012, 0.02)
    fade = (limit(up, 0, 2) / (tall * 0.16) * -1).exp()
    body = rise * fade * bright * (rays * 0.5 + 0.75) * strength
    high = limit(up / 0.3, 0, 1)
    green, violet = (rgb(colour) for colour in colours)
    hue = (1 - high) * green + high * violet
    return screen(sky, limit(body, 0, 1) * hue)
