"""SVG files are programs: what one costs shows only when it is drawn.

A short one that only has shapes is drawn at once; any other in a process of its own, which has
little time and memory.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["CostlyDrawing", "draw", "is_plain", "measure"]

SECONDS = 0.6
"""Processor time for drawing a file of no bytes."""

MOST_SECONDS = 4.0
"""Processor time for drawing the largest files, such as maps."""

MEMORY = 2_000_000_000
"""Bytes of address space for one drawing."""

_PATIENCE = 8
_PROGRAM = Path(__file__).with_name("svg_process.py")
_SECONDS_PER_BYTE = 0.6e-6
_SHORT = 4096
_FEW = 50
# Words of features that multiply the work, and ways to hide a word.
_COSTLY = re.compile(
    rb"<!|\\|\0|use|filter|mask|clip|pattern|marker|opacity|dash|image|symbol|blend|isolation|text"
)


class CostlyDrawing(ValueError):
    """A drawing that cannot be made, or not with what it may cost."""


def is_plain(drawing: bytes) -> bool:
    """Say whether an SVG is cheap to draw at any size."""
    return (
        len(drawing) <= _SHORT
        and drawing.count(b"<") <= 2 * _FEW
        and not _COSTLY.search(drawing.lower())
    )


def measure(path: Path) -> tuple[int, int]:
    """Return width and height of an SVG."""
    width, height = _run(path, 0, 0, "").split()
    return int(width), int(height)


def draw(path: Path, target: Path, *, width: int, height: int) -> float:
    """Draw an SVG in a size, and return the seconds of processor time that it took.

    The target is a file of pixels as libvips keeps them.
    """
    return float(_run(path, width, height, str(target)))


def _run(path: Path, width: int, height: int, target: str) -> str:
    seconds = min(SECONDS + path.stat().st_size * _SECONDS_PER_BYTE, MOST_SECONDS)
    arguments = [str(path), str(width), str(height), target, str(seconds), str(MEMORY)]
    try:
        done = subprocess.run(  # noqa: S603 (our own program, no shell)
            [sys.executable, str(_PROGRAM), *arguments],
            # Modules beside the program are named as others are elsewhere.
            env={**os.environ, "VIPS_CONCURRENCY": "1", "PYTHONSAFEPATH": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired as error:
        raise CostlyDrawing(f"drawing it takes more than {_PATIENCE} seconds") from error
    if done.returncode > 0:
        words = done.stderr.strip().splitlines()
        raise CostlyDrawing((words[-1] if words else "unknown error").replace(str(path), "it"))
    if done.returncode < 0:
        raise CostlyDrawing(
            f"drawing it takes more than {seconds:.1f} seconds of processor time, or"
            f" {MEMORY // 1_000_000} MB"
        )
    return done.stdout
