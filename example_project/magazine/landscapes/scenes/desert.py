"""Dunes: in the evening sun and under the Milky Way."""

from __future__ import annotations

import pyvips

from magazine.landscapes import sky
from magazine.landscapes.noise import smoothstep
from magazine.landscapes.paint import develop, gradient, mix, rgb
from magazine.landscapes.surface import haze, rippled_sand, sand
from magazine.landscapes.terrain import Camera, look


def dunes(width: int, height: int) -> pyvips.Image:
    """Show dunes with the sun low at their side."""
    air = gradient(width, height, [(0, "#3f6c96"), (0.25, "#9db3bd"), (0.4, "#f2d4a4")])
    wisps = smoothstep(sky.banks(width, height, seed=44, cell=1.2, flat=7), 0.0, 0.8)
    air = mix(air, rgb("#fff0d8"), wisps * 0.4)
    relief = sand(5)
    camera = Camera(x=700, z=100, height=150, horizon=0.36, focal=1.2, near=90, far=1900)
    view = look(relief, width, height, camera)
    colours = [(0, "#3b2433"), (0.3, "#8a4f37"), (0.62, "#d98f4e"), (1, "#ffdf9e")]
    land = haze(view, rippled_sand(relief, view, colours), "#e3bb90", reach=2400)
    return develop(mix(air, land, view.land), seed=5)


def stars_over_sand(width: int, height: int) -> pyvips.Image:
    """Show the Milky Way over dunes, with a trace of dusk left."""
    air = gradient(
        width, height, [(0, "#070d20"), (0.4, "#12264a"), (0.62, "#3a4a72"), (0.7, "#7b6a80")]
    )
    air = sky.stars(sky.milky_way(air, seed=71, y=0.3, tilt=0.75), seed=63, amount=1.5)
    relief = sand(9)
    camera = Camera(x=1500, z=300, height=150, horizon=0.66, focal=1.5, near=90, far=1900)
    view = look(relief, width, height, camera)
    colours = [(0, "#0b1024"), (0.35, "#1d2744"), (0.7, "#4c557a"), (1, "#9a93a6")]
    land = haze(view, rippled_sand(relief, view, colours, side=-1), "#5d5c78", reach=2200)
    return develop(mix(air, land, view.land), seed=11, grain=3)
