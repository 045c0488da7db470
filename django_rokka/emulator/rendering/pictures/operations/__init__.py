"""The operations on pixels, by name."""

from __future__ import annotations

from collections.abc import Mapping

from django_rokka.emulator.rendering.pictures.operations.areas import Area, Areas, read_areas
from django_rokka.emulator.rendering.pictures.operations.colours import (
    alpha,
    grayscale,
    modulate,
    multiply,
    noop,
    sepia,
)
from django_rokka.emulator.rendering.pictures.operations.crops import crop
from django_rokka.emulator.rendering.pictures.operations.effects import (
    blur,
    circlemask,
    glitch,
    sharpen,
)
from django_rokka.emulator.rendering.pictures.operations.layers import composition, dropshadow
from django_rokka.emulator.rendering.pictures.operations.picture import (
    Apply,
    Picture,
    Scene,
    read_colour,
)
from django_rokka.emulator.rendering.pictures.operations.sizes import (
    autorotate,
    resize,
    rotate,
    trim,
)
from django_rokka.emulator.rendering.pictures.operations.texts import text

__all__ = ["OPERATIONS", "Area", "Areas", "Picture", "Scene", "read_areas", "read_colour"]

OPERATIONS: Mapping[str, Apply] = {
    "resize": resize,
    "crop": crop,
    "rotate": rotate,
    "autorotate": autorotate,
    "trim": trim,
    "grayscale": grayscale,
    "blur": blur,
    "noop": noop,
    "alpha": alpha,
    "circlemask": circlemask,
    "composition": composition,
    "dropshadow": dropshadow,
    "glitch": glitch,
    "modulate": modulate,
    "multiply": multiply,
    "sepia": sepia,
    "sharpen": sharpen,
    "text": text,
    # These two are done before there are pixels.
    "svg2bitmap": noop,
    "svgdynamic": noop,
}
