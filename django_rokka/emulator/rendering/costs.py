"""What a render may cost: pixels that a small source is blown up to take time and nothing else.

The numbers are such that, on one slow processor, a render takes at most two seconds; a picture no
larger than its source is always made.
"""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.rendering.qualities import Output

__all__ = ["MEGAPIXELS", "Work", "check_output"]

_MEGA = 1_000_000

MEGAPIXELS: Mapping[str, float] = {
    "jpg": 12,
    "png": 5,
    "gif": 2,
    "webp": 3,
    "avif": 2,
    "svg": 2.5,
    "tif": 10,
    "blur": 16,
}
"""How large a picture may become by enlarging, by the speed of each format's encoder."""

_PALETTE = MEGAPIXELS["gif"]
# Work on a picture in megapixels, that of a resize counting once.
_BASE = 24.0
_PER_SOURCE_PIXEL = 24
_WEIGHTS: Mapping[str, float] = {"rotate": 2, "sharpen": 4, "blur": 4, "dropshadow": 4, "text": 2}


class Work:
    """The work that all operations of a render may do, those on its layers included."""

    def __init__(self) -> None:
        self._maximum = _BASE
        self._done = 0.0

    def admit(self, source_pixels: int) -> None:
        """Allow for a source; what a large one needs is always allowed."""
        self._maximum = max(self._maximum, source_pixels * _PER_SOURCE_PIXEL / _MEGA)

    def charge(self, operation: str, pixels: int) -> None:
        """Count an operation before it is done; 400 when all of them are too much."""
        self._done += _WEIGHTS.get(operation, 1) * pixels / _MEGA
        if self._done > self._maximum:
            raise BadRequest(
                f"The operations work on more than {self._maximum:.0f} megapixels until"
                f" {operation!r}, which is too much for this source. Leave some out, or make the"
                " picture small first."
            )


def check_output(output: Output, *, width: int, height: int, frames: int, source: int) -> None:
    """Refuse to write a picture that is larger than its source and slow to write."""
    limit = _PALETTE if output.options.get("palette") else MEGAPIXELS[output.format]
    pixels = width * height * frames
    if pixels > max(limit * _MEGA, source):
        times = f" in {frames} frames" if frames > 1 else ""
        raise BadRequest(
            f"The picture would have {width} x {height} pixels{times}, which is larger than its"
            f" source and than {limit:g} megapixels, the limit for enlarged pictures in the format"
            f" {output.format}. Ask for a smaller one, or for jpg."
        )
