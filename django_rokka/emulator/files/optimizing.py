"""``optimize_source``: what an uploaded file becomes before it is stored."""

from __future__ import annotations

import shutil
from pathlib import Path

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.files.binary_files import IncomingFile
from django_rokka.emulator.files.measuring import Measurement
from django_rokka.emulator.pixels import vips
from django_rokka.emulator.rendering.pictures.kinds import measure_busyness
from django_rokka.emulator.rendering.plans.costs import Work
from django_rokka.emulator.rendering.plans.qualities import Output

__all__ = ["optimize", "read_mode"]

_MODES = {"": "", "false": "", "true": "png", "png": "png", "jpg": "jpg"}
_OPTIMIZED = frozenset({"tif", "psd"})
"""Formats that become another; every other file is stored as it came."""
_QUALITY = 92
# Of processor time, for the largest files.
_SECONDS = 20


def read_mode(text: str) -> str:
    """Return the format that is asked for, empty for none, or answer 400."""
    mode = _MODES.get(text.strip('"').lower())
    if mode is None:
        raise BadRequest(f"optimize_source is {text[:100]!r}, must be true, jpg or png.")
    return mode


def optimize(path: Path, measured: Measurement, target: IncomingFile, *, mode: str) -> bool:
    """Write the optimized file; return whether there is one for such a source.

    PNG loses nothing. JPEG is of high quality, and WebP where the picture is not opaque.
    """
    source = measured.format.name
    if source not in _OPTIMIZED:
        return False
    if source == "psd":
        raise Missing("optimize_source for PSD")
    kind = "webp" if mode == "jpg" and not measured.opaque else mode
    # Named after the target, it is swept away as that is when the process is killed.
    made = target.path.with_name(f"{target.path.name}.{kind}")
    try:
        work = Work(longest=_SECONDS)
        work.admit(path.stat().st_size)
        picture = vips.load(
            path,
            format=source,
            width=measured.width,
            height=measured.height,
            check=lambda promise: work.load(promise, source),
        )
        options = {} if kind == "png" else {"Q": _QUALITY}
        pixels = measured.width * measured.height
        work.write(Output(kind, options), pixels, lambda: measure_busyness(picture))
        vips.save(picture, made, format=kind, **options)
        with made.open("rb") as file:
            shutil.copyfileobj(file, target)
    except vips.BrokenImage as error:
        raise BadRequest(f"The file cannot be optimized: {error}") from error
    finally:
        made.unlink(missing_ok=True)
    target.flush()
    return True
