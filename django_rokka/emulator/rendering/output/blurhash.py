"""BlurHash: a picture in some thirty characters, by the algorithm of https://blurha.sh."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["COMPONENTS", "encode"]

COMPONENTS = (4, 3)
"""Waves across and down, those of a constant included."""

Colour = tuple[float, float, float]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
# The largest wave is stored in steps of this, and each wave in this many on either side of zero.
_LARGEST_STEPS = 166
_WAVE_STEPS = 9


def encode(
    pixels: Sequence[Sequence[Sequence[int]]], *, components: tuple[int, int] = COMPONENTS
) -> str:
    """Return the BlurHash of rows of pixels in sRGB."""
    across, down = components
    rows = [[_to_linear(pixel) for pixel in row] for row in pixels]
    average, *waves = (_wave(rows, x, y) for y in range(down) for x in range(across))
    text = _digits(across - 1 + (down - 1) * 9, 1)
    largest = max((abs(part) for wave in waves for part in wave), default=0.0)
    steps = max(0, min(82, math.floor(largest * _LARGEST_STEPS - 0.5))) if waves else 0
    text += _digits(steps, 1) + _digits(_average_number(average), 4)
    scale = (steps + 1) / _LARGEST_STEPS
    return text + "".join(_digits(_wave_number(wave, scale), 2) for wave in waves)


def _wave(rows: list[list[Colour]], x: int, y: int) -> Colour:
    """Return how much of a wave is in the picture, for each colour."""
    height, width = len(rows), len(rows[0])
    across = [math.cos(math.pi * x * column / width) for column in range(width)]
    sums = [0.0, 0.0, 0.0]
    for number, row in enumerate(rows):
        upright = math.cos(math.pi * y * number / height)
        for factor, pixel in zip(across, row, strict=True):
            for band in range(3):
                sums[band] += factor * upright * pixel[band]
    scale = (2 if x or y else 1) / (width * height)
    return sums[0] * scale, sums[1] * scale, sums[2] * scale


def _average_number(colour: Colour) -> int:
    red, green, blue = map(_to_srgb, colour)
    return (red << 16) + (green << 8) + blue


def _wave_number(wave: Colour, scale: float) -> int:
    number = 0
    for part in wave:
        root = math.copysign(math.sqrt(abs(part / scale)), part)
        step = math.floor(root * _WAVE_STEPS + _WAVE_STEPS + 0.5)
        number = number * (2 * _WAVE_STEPS + 1) + max(0, min(2 * _WAVE_STEPS, step))
    return number


def _to_linear(pixel: Sequence[int]) -> Colour:
    red, green, blue = (_LINEAR[value] for value in pixel[:3])
    return red, green, blue


def _linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else math.pow((part + 0.055) / 1.055, 2.4)


def _to_srgb(value: float) -> int:
    part = max(0.0, min(1.0, value))
    if part <= 0.0031308:
        return math.floor(part * 12.92 * 255 + 0.5)
    return math.floor((1.055 * math.pow(part, 1 / 2.4) - 0.055) * 255 + 0.5)


def _digits(number: int, length: int) -> str:
    base = len(_DIGITS)
    return "".join(_DIGITS[number // base**place % base] for place in range(length - 1, -1, -1))


_LINEAR = tuple(map(_linear, range(256)))
