"""The operations on pixels, by name."""

from __future__ import annotations

from collections.abc import Mapping

from django_rokka.emulator.rendering.operations.colours import grayscale, noop
from django_rokka.emulator.rendering.operations.effects import blur
from django_rokka.emulator.rendering.operations.picture import (
    Apply,
    Area,
    Picture,
    Scene,
    read_colour,
)
from django_rokka.emulator.rendering.operations.sizes import autorotate, crop, resize, rotate

__all__ = ["OPERATIONS", "Area", "Picture", "Scene", "read_colour"]

OPERATIONS: Mapping[str, Apply] = {
    "resize": resize,
    "crop": crop,
    "rotate": rotate,
    "autorotate": autorotate,
    "grayscale": grayscale,
    "blur": blur,
    "noop": noop,
}
