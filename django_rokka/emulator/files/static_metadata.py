"""Static metadata: what the file of an upload says of itself."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from django_rokka.emulator.files.exif import read_exif
from django_rokka.emulator.files.iptc import read_iptc
from django_rokka.emulator.files.measuring import read_duration
from django_rokka.emulator.pixels import vips

__all__ = ["read_static_metadata"]

_CONTAINERS = frozenset({"jpg", "png", "webp", "avif", "heic", "tif"})
_VIDEOS = frozenset({"mp4", "mov"})
_EXIF_HEAD = b"Exif\0\0"
_MAX_HOURS = 100


def read_static_metadata(path: Path, *, format: str) -> dict[str, Any]:
    """Return what there is by its kind, each as rokka writes that of videos: below ``data``."""
    if format in _VIDEOS:
        found = {"video": _read_video(path)}
    elif format in _CONTAINERS and vips.can_read(format) and vips.is_available():
        found = _read_picture(path, format)
    else:
        found = {}
    return {kind: {"data": data} for kind, data in found.items() if data}


def _read_picture(path: Path, format: str) -> dict[str, dict[str, Any]]:
    try:
        blocks = vips.read_blocks(path, format=format)
    except vips.BrokenImage:
        # A HEIC is measured without libvips, whose wheel opens few of them.
        if format != "heic":
            raise
        return {}
    iptc = read_iptc(blocks.get("iptc-data", b""))
    if format == "tif":
        with path.open("rb") as file:
            return {"exif": read_exif(file), "iptc": iptc}
    exif = blocks.get("exif-data", b"").removeprefix(_EXIF_HEAD)
    return {"exif": read_exif(io.BytesIO(exif)), "iptc": iptc}


def _read_video(path: Path) -> dict[str, Any]:
    """Write how long a video is, in the members that rokka has for it."""
    seconds = read_duration(path)
    hundredths = round(seconds * 100)
    if not 0 < hundredths < _MAX_HOURS * 360_000:
        return {}
    hours, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6000)
    parts = {"hours": hours, "mins": minutes, "secs": rest // 100, "ms": rest % 100}
    texts = {name: f"{number:02}" for name, number in parts.items()}
    return {
        **texts,
        "duration": "{hours}:{mins}:{secs}.{ms}".format(**texts),
        "bitrate_per_sec": round(path.stat().st_size * 8 / seconds),
    }
