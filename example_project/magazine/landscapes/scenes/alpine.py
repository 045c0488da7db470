"""Mountains: at dawn, at noon, at dusk, above the clouds and upside down in a lake."""

from __future__ import annotations

import pyvips

from magazine.landscapes import sky
from magazine.landscapes.noise import limit, settle, skyline, smoothstep
from magazine.landscapes.paint import (
    along,
    coordinates,
    develop,
    glow,
    gradient,
    mix,
    plain,
    rgb,
    screen,
    to_canvas,
)
from magazine.landscapes.surface import alps, haze, rock_and_snow, valley_clouds
from magazine.landscapes.terrain import Camera, look
from magazine.landscapes.water import mirror


def first_light(width: int, height: int) -> pyvips.Image:
    """Show snowfields that take the colour of the first sun."""
    air = gradient(
        width, height, [(0, "#31517f"), (0.22, "#7d93b5"), (0.34, "#e2b9a6"), (0.42, "#f6cfa8")]
    )
    air = screen(air, glow(width, height, x=0.08, y=0.4, colour="#ffb070", reach=0.22, squash=1.6))
    wisps = smoothstep(sky.banks(width, height, seed=4, cell=1.1, flat=5), 0.05, 0.75)
    air = mix(air, rgb("#ffdcc2"), wisps * 0.45)
    relief = alps(37)
    camera = Camera(x=900, z=200, height=225, horizon=0.4, focal=1.7, near=250, far=1950)
    view = look(relief, width, height, camera)
    land = rock_and_snow(
        relief,
        view,
        rock=[(0, "#141d38"), (0.4, "#3f3f58"), (1, "#b98468")],
        snow=[(0, "#27385f"), (0.3, "#5a6a97"), (0.6, "#f0a98a"), (1, "#ffe6cf")],
        slope=0.5,
        ambient=0.1,
    )
    land = haze(view, land, "#c3b0bb", reach=1700)
    return develop(mix(air, land, view.land), seed=1)


def sea_of_clouds(width: int, height: int) -> pyvips.Image:
    """Show summits that stand like islands in a sea of cloud."""
    air = gradient(
        width, height, [(0, "#274a7c"), (0.3, "#6f93bd"), (0.5, "#e9cdb0"), (0.6, "#f7dcb4")]
    )
    air = screen(air, glow(width, height, x=0.78, y=0.5, colour="#ffce8a", reach=0.16, squash=1.4))
    wisps = smoothstep(sky.banks(width, height, seed=14, cell=1.0, flat=6), 0.1, 0.8)
    air = mix(air, rgb("#fff0dc"), wisps * 0.5)
    relief = alps(53)
    level = 125
    camera = Camera(x=0, height=185, horizon=0.5, focal=1.3, near=200, far=2200)
    view = look(limit(relief, level - 7, 900), width, height, camera)
    land = rock_and_snow(
        relief,
        view,
        rock=[(0, "#18233f"), (0.4, "#454a60"), (1, "#b0917a")],
        snow=[(0, "#34507e"), (0.3, "#6d83ab"), (0.6, "#e8c3a6"), (1, "#fff3df")],
        slope=0.5,
        side=-1,
    )
    land = haze(view, land, "#c9c3c9", reach=2600)
    clouds = [(0, "#8fa3c6"), (0.4, "#c3c6d6"), (0.7, "#f5dfcb"), (1, "#fff4e4")]
    land = valley_clouds(view, land, relief, level=level, seed=5, colours=clouds)
    land = haze(view, land, "#f0d4b8", reach=4000)
    return develop(mix(air, land, view.land), seed=2)


def winter_pass(width: int, height: int) -> pyvips.Image:
    """Show a cold clear day high up."""
    air = gradient(width, height, [(0, "#123a75"), (0.3, "#3d74b4"), (0.5, "#a9c9e4")])
    wisps = smoothstep(sky.banks(width, height, seed=24, cell=1.0, flat=3), -0.05, 0.7)
    air = mix(air, rgb("#ffffff"), wisps * 0.6)
    relief = alps(41, amplitude=170)
    camera = Camera(x=500, height=205, horizon=0.36, focal=2.2, near=250, far=1900)
    view = look(relief, width, height, camera)
    land = rock_and_snow(
        relief,
        view,
        rock=[(0, "#16233d"), (0.4, "#3d4658"), (1, "#8e857c")],
        snow=[(0, "#2d4f86"), (0.3, "#6f93c6"), (0.6, "#dfe9f5"), (1, "#ffffff")],
        slope=0.6,
        snowline=-0.25,
    )
    land = haze(view, land, "#b4cbe2", reach=3200)
    return develop(mix(air, land, view.land), seed=3)


def still_lake(width: int, height: int) -> pyvips.Image:
    """Show mountains twice: once on the shore and once in the water."""
    shore = round(height * 0.56)
    air = gradient(width, shore, [(0, "#3b6288"), (0.5, "#9fb7c4"), (1, "#f3e0c4")])
    wisps = smoothstep(sky.banks(width, shore, seed=31, cell=0.9, flat=3.4), -0.1, 0.7)
    air = mix(air, rgb("#fff3e2"), wisps * 0.75)
    relief = alps(11, amplitude=175)
    camera = Camera(x=1200, z=600, height=12, horizon=0.985, focal=1.5, near=420, far=1900)
    view = look(limit(relief - 95, 0, 900), width, shore, camera)
    land = rock_and_snow(
        relief,
        view,
        rock=[(0, "#18262c"), (0.4, "#3f4a3f"), (1, "#b09a72")],
        snow=[(0, "#42597c"), (0.3, "#8ba0bb"), (0.6, "#ecdfd0"), (1, "#fff8ec")],
        slope=0.6,
        snowline=0.9,
    )
    land = haze(view, land, "#c5cfd4", reach=2300)
    lake = mirror(mix(air, land, view.land), height - shore, colour="#22333a", seed=8)
    return develop(lake, seed=4)


def mist_ridges(width: int, height: int) -> pyvips.Image:
    """Show ridge behind ridge, each a little paler, with mist between them."""
    picture = gradient(width, height, [(0, "#8fa6b8"), (0.25, "#e8c9a4"), (0.4, "#fbe3b8")])
    picture = screen(picture, glow(width, height, x=0.3, y=0.3, colour="#ffe0a0", reach=0.12))
    crests = ("#e6c6a0", "#b3a9a6", "#6f8496", "#35506a", "#14263a")
    feet = ("#f6dcb4", "#dcc9b6", "#b5b9bb", "#7d93a3", "#2c4358")
    _column, row = coordinates(width, height)
    layers = 9
    for layer in range(layers):
        near = layer / (layers - 1)
        cell = round(width * (0.12 + 0.3 * near))
        line = skyline(width, cell=cell, seed=60 + layer * 7, octaves=9, gain=0.42)
        top = to_canvas(line * -(0.05 + 0.11 * near) + 0.36 + 0.52 * near**1.25, height) * height
        drift = smoothstep(sky.banks(width, height, seed=90 + layer, cell=0.8, flat=4), -0.4, 0.6)
        mist = smoothstep((row - top) / height, 0, 0.05 + 0.2 * near) * (drift * 0.6 + 0.4)
        ridge = mix(plain(width, height, along(crests, near)), rgb(along(feet, near)), mist)
        picture = settle(mix(picture, ridge, limit(row - top + 0.5, 0, 1)))
    return develop(picture, seed=6)


def moonrise(width: int, height: int) -> pyvips.Image:
    """Show the full moon over a range in the last light."""
    air = gradient(
        width, height, [(0, "#1c2b55"), (0.3, "#50598c"), (0.48, "#b88fa3"), (0.6, "#e6b3a6")]
    )
    air = sky.stars(air, seed=50, amount=0.35)
    wisps = smoothstep(sky.banks(width, height, seed=61, cell=1.1, flat=7), 0.1, 0.8)
    air = mix(air, rgb("#e3b6c0"), wisps * 0.4)
    air = sky.moon(air, x=0.64, y=0.27, radius=0.035, colour="#fff2dc")
    relief = settle(alps(91, amplitude=130).gaussblur(2.5))
    camera = Camera(x=300, height=170, horizon=0.52, focal=1.5, near=160, far=2000)
    view = look(relief, width, height, camera)
    slopes = [(0, "#141b33"), (0.5, "#39405f"), (1, "#8d7a8c")]
    land = rock_and_snow(relief, view, rock=slopes, snow=slopes, slope=0.5, ambient=0.2, side=-1)
    land = haze(view, land, "#b592a6", reach=1500)
    return develop(mix(air, land, view.land), seed=10)
