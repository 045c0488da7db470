"""Plant firs: silhouettes drawn as SVG, no two of them alike."""

from __future__ import annotations

from random import Random

import pyvips

from magazine.landscapes.noise import skyline


def forest(
    width: int, height: int, *, base: float, tall: float, spacing: float, seed: int
) -> pyvips.Image:
    """Plant a row of firs: how much of each pixel they cover, 0 to 1. Lengths are in pixels."""
    chance = Random(seed)
    shapes = [_ground(width, height, base=base, tall=tall, seed=seed)]
    x = -spacing
    while x < width + spacing:
        foot = base + chance.uniform(-0.015, 0.03) * height
        size = tall * chance.triangular(0.25, 1.15, 0.6)
        shapes.append(_fir(chance, x=x, foot=foot, size=size))
        x += spacing * chance.uniform(0.15, 1.3)
    polygons = "".join(f'<polygon points="{" ".join(points)}"/>' for points in shapes)
    size_of_canvas = f'width="{width}" height="{height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size_of_canvas}>{polygons}</svg>'
    return pyvips.Image.svgload_buffer(svg.encode())[3] / 255


def _ground(width: int, height: int, *, base: float, tall: float, seed: int) -> list[str]:
    line = skyline(width, cell=width // 4, seed=seed, octaves=8, gain=0.55).cast("float")
    hills = memoryview(line.write_to_memory()).cast("f")
    rim = base - tall * 0.17
    points = [f"{x},{rim + min(y, 0.2) * tall * 0.16:.1f}" for x, y in enumerate(hills)]
    return [f"0,{2 * height}", *points, f"{width},{2 * height}"]


def _fir(chance: Random, *, x: float, foot: float, size: float) -> list[str]:
    half = size * chance.uniform(0.13, 0.2)
    lean = chance.uniform(-0.01, 0.01) * size
    tiers = max(9, int(size / 13))
    left: list[str] = []
    right: list[str] = []
    for tier in range(tiers):
        down = (tier + 1) / tiers
        y = foot - size * (1 - down * 0.95)
        middle = x + lean * (1 - down)
        for side, points in ((1, right), (-1, left)):
            reach = side * half * down**0.85 * chance.uniform(0.55, 1.1)
            droop = size * 0.02 * chance.uniform(0.3, 1.4)
            points.append(f"{middle + reach:.1f},{y + droop:.1f}")
            points.append(f"{middle + reach * chance.uniform(0.25, 0.5):.1f},{y:.1f}")
    trunk = [f"{x + side * size * 0.012:.1f},{foot + size * 0.1:.1f}" for side in (1, -1)]
    return [f"{x + lean:.1f},{foot - size:.1f}", *right, *trunk, *reversed(left)]
