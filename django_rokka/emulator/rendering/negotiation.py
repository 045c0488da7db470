"""The format of a render and how it is written: what the URL, the stack and the browser say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.schemas import check_options

__all__ = [
    "MIMETYPES",
    "background_of",
    "check_format",
    "choose_format",
    "varies",
    "write_options",
]

MIMETYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "svg": "image/svg+xml",
}

_MISSING_FORMATS = frozenset(
    {
        *("blur", "jxl", "heif", "heic", "jp2", "tif", "tiff"),
        *("mp4", "webm", "m3u", "m3u8", "ts", "pdf"),
    }
)


def varies(options: Mapping[str, Any]) -> bool:
    """Say whether the answer depends on what the browser accepts."""
    return bool(check_options(options).get("autoformat"))


def check_format(format: str) -> str:
    """Return the format that an extension names; 400 or 501 for one that is not written."""
    name = "jpg" if format == "jpeg" else format
    if name in _MISSING_FORMATS:
        raise Missing(f"the format {format!r}")
    if name not in MIMETYPES:
        raise BadRequest(
            f"Unknown format {format!r}, must be one of: {', '.join(sorted(MIMETYPES))}."
        )
    return name


def choose_format(format: str, options: Mapping[str, Any], *, accept: str) -> str:
    """Follow the browser's ``Accept`` where the stack has autoformat."""
    if format == "svg" or not options.get("autoformat"):
        return format
    excluded = {word.strip() for word in options.get("autoformat.exclude", "").split(",")}
    offers = ["avif"] if options.get("autoformat.include") == "avif" else []
    for offer in [*offers, "webp"]:
        if f"image/{offer}" in accept and offer not in excluded:
            return offer
    return format


def write_options(
    format: str, options: Mapping[str, Any], *, requested: str, dpr: float
) -> dict[str, Any]:
    """Return libvips' options of the writer; qualities are ten lower on fine screens."""
    lowered = 10 if dpr > 1.5 else 0
    if format == "jpg":
        return {"Q": options.get("jpg.quality", 80 - lowered), "optimize_coding": True}
    if format == "png":
        return {"compression": options.get("png.compression_level", 7)}
    if format == "avif":
        return {"Q": options.get("avif.quality", 45), "effort": 2}
    if format == "webp":
        is_lossless = requested == "png" and "webp.quality" not in options
        quality = options.get("webp.quality", 80 - lowered)
        return {"lossless": True} if is_lossless or quality == 100 else {"Q": quality}
    return {}


def background_of(format: str, options: Mapping[str, Any]) -> str | None:
    """Return the colour that replaces transparency, ``None`` where it stays."""
    everywhere = options.get("transparency.color")
    if format == "jpg":
        return str(everywhere or options.get("jpg.transparency.color", "FFFFFF"))
    return everywhere
