"""What a render may cost: seconds of processor time, foretold before there are pixels.

Every file is worth some time, and a large one more, because whoever sent it had that much to show.
A few bytes that promise a huge picture are refused; photos and scans are made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.pixels.vips import Promise
from django_rokka.emulator.rendering.plans.qualities import Output

__all__ = ["SECONDS", "Work", "resizing", "writing_rate"]

SECONDS = 1.1
"""Processor time for a source of no bytes: two seconds on a processor that is busy otherwise."""

# A photo that is pressed hard has a tenth of a byte for each pixel, and may become a WebP.
_SECONDS_PER_BYTE = 1.5e-6
# Python and libvips begin anew with each frame, however small it is.
_SECONDS_PER_FRAME = 100e-6
_NANO = 1e-9

# All rates are nanoseconds of processor time, of all threads together (getrusage), for pictures of
# 2000 x 1500 pixels in four bands, with libvips 8.18 on two cores that had other work too, rounded
# up; those of text, look, pdf and svg are estimates. To measure them again, time each operation
# with copy_memory().

# For a byte of decoded pixels, where the picture is of one colour: others have bytes that count.
_DECODING: Mapping[str, float] = {
    "jpg": 1,
    "png": 1.5,
    "gif": 1.2,
    "tif": 2,
    "webp": 2.5,
    "svg": 4,
    "avif": 5,
    "heic": 5,
    "pdf": 10,
}

# For a pixel of the larger one of the pictures before and after; a composition charges its layers,
# a dropshadow its canvas, and a rotation what it turns by odd angles.
_WORKING: Mapping[str, float] = {
    "copy": 7,
    "resize": 10,
    "enlarge": 36,
    "crop": 3,
    "smart crop": 6,
    "rotate": 5,
    "turn": 25,
    "autorotate": 5,
    "trim": 12,
    "grayscale": 23,
    "blur": 140,
    "alpha": 10,
    "circlemask": 40,
    "layer": 20,
    "shadow": 150,
    "glitch": 32,
    "modulate": 70,
    "multiply": 5,
    "sepia": 11,
    "sharpen": 160,
    "wide sharpen": 250,
    "text": 20,
    "look": 10,
}


class _Rate(NamedTuple):
    """For a pixel that is written: of one colour, and of noise at the best quality."""

    even: float
    busy: float


_WRITING: Mapping[str, _Rate] = {
    "jpg": _Rate(15, 60),
    "fine jpg": _Rate(20, 110),
    "png": _Rate(8, 90),
    "palette": _Rate(20, 900),
    "gif": _Rate(20, 330),
    "webp": _Rate(20, 180),
    "fine webp": _Rate(30, 300),
    "lossless webp": _Rate(8, 60),
    "avif": _Rate(22, 160),
    "fine avif": _Rate(80, 520),
    "tif": _Rate(3, 70),
    "svg": _Rate(28, 200),
    "blur": _Rate(6, 6),
}
# Qualities from which on encoders have much more to write.
_FINE: Mapping[str, int] = {"jpg": 90, "webp": 90, "avif": 60}


class Work:
    """The time that all steps of a render may take, those on its layers included."""

    def __init__(self, *, longest: float) -> None:
        self._longest = longest
        self._allowed = SECONDS
        self._spent = 0.0

    def admit(self, size: int) -> None:
        """Allow for a source of so many bytes; of several sources the largest one counts."""
        wanted = min(SECONDS + size * _SECONDS_PER_BYTE, self._longest)
        self._allowed = max(self._allowed, wanted)

    def load(self, promise: Promise, format: str, *, resizing: str = "resize") -> None:
        """Count the decoding of a source and the first resize, before it is done."""
        self.spend(_DECODING[format] * promise.decoded * _NANO, "decoding")
        self.charge(resizing, promise.width * promise.height, frames=promise.frames)

    def charge(self, operation: str, pixels: int, *, frames: int = 1) -> None:
        """Count an operation before it is done; pixels are those of one frame."""
        rate = _WORKING.get(operation, 0)
        self.spend((rate * pixels * _NANO + _SECONDS_PER_FRAME) * frames, operation)

    def write(self, output: Output, pixels: int, busyness: Callable[[], float]) -> None:
        """Count the writing of a file; ``busyness`` is asked for, from 0 to 1, if it decides."""
        rate, what = writing_rate(output), f"writing {output.format}"
        seconds = rate.busy * pixels * _NANO
        if self._spent + seconds > self._allowed:
            self.charge("look", pixels)
            even = rate.even * pixels * _NANO
            seconds = even + (seconds - even) * busyness()
        self.spend(seconds, what)

    def spend(self, seconds: float, what: str) -> None:
        """Count processor time; 400 when all of it is too much."""
        self._spent += seconds
        if self._spent > self._allowed:
            raise BadRequest(
                f"The picture would take {self._spent:.1f} seconds of processor time with {what!r},"
                f" must take at most {self._allowed:.1f}, more for larger files. Ask for a smaller"
                " picture, make it small before other operations, or leave some out."
            )


def resizing(before: tuple[int, int], after: tuple[int, int]) -> str:
    """Return which operation a resize is: one that makes pixels up takes longer."""
    if before == after:
        return "copy"
    return "enlarge" if after[0] > before[0] or after[1] > before[1] else "resize"


def writing_rate(output: Output) -> _Rate:
    """Return what a pixel costs that is written in a format and with its options."""
    name, options = output.format, output.options
    if options.get("palette"):
        return _WRITING["palette"]
    if options.get("lossless") or options.get("near_lossless"):
        return _WRITING[f"lossless {name}"]
    if options.get("Q", 0) >= _FINE.get(name, math.inf):
        return _WRITING[f"fine {name}"]
    return _WRITING[name]
