"""Draw one SVG, in a process that may die of it: run as a program.

Arguments: file, width and height in pixels, target (empty: only print the size), seconds of
processor time, bytes of memory.
"""

from __future__ import annotations

import math
import signal
import sys
import time
from pathlib import Path

import pyvips

try:
    import resource
except ImportError:  # pragma: no cover, Windows
    resource = None  # type: ignore[assignment]  # there only the wall time is limited


def main(arguments: list[str]) -> None:
    """Write the drawing as libvips keeps pixels, or print how large it is."""
    source, width, height, target, seconds, memory = arguments
    if resource is not None:
        # The limit knows whole seconds only, and the timer is exact.
        signal.setitimer(signal.ITIMER_PROF, float(seconds))
        longest = math.ceil(time.process_time() + float(seconds)) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (longest, longest))
        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    drawing = Path(source).read_bytes()
    try:
        if target:
            size = {"height": int(height), "size": "force", "fail_on": "error"}
            pyvips.Image.thumbnail_buffer(drawing, int(width), **size).write_to_file(target)
            sys.stdout.write(f"{time.process_time():.3f}")
        else:
            image = pyvips.Image.svgload_buffer(drawing)
            sys.stdout.write(f"{image.width} {image.height}")
    except pyvips.Error as error:
        sys.exit(str(error).strip().splitlines()[-1])


if __name__ == "__main__":
    main(sys.argv[1:])
