"""The one door to libvips, which is an optional dependency.

Only loaders that are named here are ever used, each for the format that was found in the file, so
that no upload reaches a loader of libvips that was never meant for untrusted files.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any, NamedTuple

from django_rokka.emulator.errors import Missing, TooManyPixels

__all__ = [
    "MAX_PIXELS",
    "RENDERED_SOURCES",
    "BrokenImage",
    "Header",
    "check_pixels",
    "is_available",
    "join_pages",
    "load",
    "read_header",
    "save",
    "split_pages",
]

MAX_PIXELS = 225_000_000
"""Pixels of a picture in memory, all frames of an animation together."""

MAX_SVG_SIZE = 10_000_000
"""Bytes of an SVG that are parsed."""

# The loader for each format, and what libvips itself must call the file.
_LOADERS = {
    "jpg": ("jpegload", "VipsForeignLoadJpeg"),
    "png": ("pngload", "VipsForeignLoadPng"),
    "gif": ("gifload", "VipsForeignLoadNsgif"),
    "webp": ("webpload", "VipsForeignLoadWebp"),
    "avif": ("heifload", "VipsForeignLoadHeif"),
    "heic": ("heifload", "VipsForeignLoadHeif"),
    "tif": ("tiffload", "VipsForeignLoadTiff"),
}

RENDERED_SOURCES = frozenset({*_LOADERS, "svg"})
"""Formats of source images from which libvips' own wheel makes pictures."""

_ANIMATED = frozenset({"gif", "webp"})
_SIDEWAYS = frozenset({5, 6, 7, 8})


class BrokenImage(ValueError):
    """A file that libvips cannot read to its end."""


class Header(NamedTuple):
    """Size in pixels as displayed, with the EXIF orientation applied."""

    width: int
    height: int
    opaque: bool
    animated: bool


def is_available() -> bool:
    """Say whether the extra is installed."""
    return importlib.util.find_spec("pyvips") is not None


def check_pixels(width: int, height: int, *, frames: int = 1) -> None:
    """Refuse a picture that would not fit into memory, before its pixels are made."""
    if width * height * frames > MAX_PIXELS:
        raise TooManyPixels(width, height, frames=frames, maximum=MAX_PIXELS)


def _pyvips() -> Any:
    """Import pyvips at first use; raise ``Missing`` with the remedy without it."""
    if not is_available():
        raise Missing(
            "rendering, because pyvips is not installed",
            remedy="Run: pip install django-rokka[emulator]",
        )
    import pyvips

    # Every file is rendered once and then served from the cache of renders: what libvips would
    # remember of it only holds memory and open files.
    pyvips.cache_set_max(0)
    return pyvips


def read_header(path: Path, *, format: str) -> Header:
    """Read size and kind of a picture; no pixel is decoded. Raise ``BrokenImage``."""
    pyvips = _pyvips()
    try:
        image = _open(path, format=format)
    except pyvips.Error as error:
        raise BrokenImage(_words(error, path)) from error
    width, height = image.width, image.height
    if image.get_typeof("orientation") and image.get("orientation") in _SIDEWAYS:
        width, height = height, width
    animated = format in _ANIMATED and image.get_typeof("n-pages") and image.get("n-pages") > 1
    return Header(width, height, not image.hasalpha(), bool(animated))


def load(path: Path, *, format: str, width: int, height: int, with_frames: bool = False) -> Any:
    """Load a picture at exactly this size: upright, in sRGB, 8 bits a band, in memory.

    Where the decoder can it decodes no more than that size needs. With frames, an animation has
    all its pages below each other. Raise ``BrokenImage`` for a file that cannot be decoded to its
    end: a picture that is half grey would be a quiet lie.
    """
    pyvips = _pyvips()
    options: dict[str, Any] = {"height": height, "size": "force", "fail_on": "error"}
    try:
        if format == "svg":
            image = pyvips.Image.thumbnail_buffer(_read_svg(path), width, **options)
        else:
            if _needs_profile(_open(path, format=format)):
                options["output_profile"] = "srgb"
            pages = "[n=-1]" if with_frames and format in _ANIMATED else ""
            image = pyvips.Image.thumbnail(f"{path}{pages}", width, **options)
        frames = _page_count(image)
        check_pixels(image.width, image.height // frames, frames=frames)
        return _to_srgb(image).copy_memory()
    except pyvips.Error as error:
        raise BrokenImage(_words(error, path)) from error


def save(image: Any, path: Path, **options: Any) -> None:
    """Write a file in the format of its extension, without the source's metadata."""
    pyvips = _pyvips()
    try:
        image.write_to_file(str(path), keep="none", **options)
    except pyvips.Error as error:
        raise BrokenImage(_words(error, path)) from error


def split_pages(image: Any) -> list[Any]:
    """Return the frames of a picture; one for a picture that does not move."""
    count = _page_count(image)
    height = image.height // count
    return [image.crop(0, number * height, image.width, height) for number in range(count)]


def join_pages(pages: list[Any]) -> Any:
    """Put frames of equal size together again."""
    if len(pages) == 1:
        return pages[0]
    pyvips = _pyvips()
    joined = pyvips.Image.arrayjoin(pages, across=1).copy()
    joined.set_type(pyvips.GValue.gint_type, "page-height", pages[0].height)
    return joined


def _page_count(image: Any) -> int:
    """Count the pages that are loaded, which may be fewer than the file has."""
    if not image.get_typeof("page-height"):
        return 1
    height: int = image.get("page-height")
    return max(1, int(image.height) // height)


def _open(path: Path, *, format: str) -> Any:
    pyvips = _pyvips()
    if format == "svg":
        return pyvips.Image.svgload_buffer(_read_svg(path))
    _check_loader(path, format=format)
    return getattr(pyvips.Image, _LOADERS[format][0])(str(path))


def _needs_profile(image: Any) -> bool:
    """Say whether colours have to be computed; for plain sRGB that would only take time."""
    return bool(image.get_typeof("icc-profile-data")) or image.interpretation == "cmyk"


def _to_srgb(image: Any) -> Any:
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    return image if image.format == "uchar" else image.cast("uchar")


def _check_loader(path: Path, *, format: str) -> None:
    """Refuse a file that libvips would take for something else than its signature says."""
    pyvips = _pyvips()
    found = pyvips.vips_lib.vips_foreign_find_load(os.fsencode(path))
    name = pyvips.ffi.string(found).decode() if found else "nothing"
    if not name.startswith(_LOADERS[format][1]):
        raise BrokenImage(f"it has the signature of {format}, but reads as {name}")


def _read_svg(path: Path) -> bytes:
    """Read an SVG into memory: without a file name there is no base for anything it refers to."""
    if path.stat().st_size > MAX_SVG_SIZE:
        raise BrokenImage(f"an SVG of more than {MAX_SVG_SIZE // 1_000_000} MB")
    return path.read_bytes()


def _words(error: Exception, path: Path) -> str:
    """Return libvips' own reason in one line, without paths of this machine."""
    text = str(getattr(error, "detail", error)).strip().splitlines()
    return (text[-1] if text else "unknown error").replace(str(path), "the file")[:200]
