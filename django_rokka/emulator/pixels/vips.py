"""The one door to libvips, which is an optional dependency.

Only loaders that are named here are ever used, each for the format that was found in the file, so
that no upload reaches a loader of libvips that was never meant for untrusted files.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django_rokka.emulator.errors import Missing, TooManyPixels
from django_rokka.emulator.pixels import svg_drawing
from django_rokka.emulator.pixels.watching import watch

__all__ = [
    "MAX_MEMORY",
    "MAX_PIXELS",
    "BrokenImage",
    "Header",
    "Promise",
    "Timing",
    "can_read",
    "check_pixels",
    "encode",
    "is_available",
    "join_pages",
    "load",
    "read_blocks",
    "read_header",
    "read_svg",
    "read_timing",
    "save",
    "split_pages",
    "translating",
    "watch",
]

MAX_PIXELS = 225_000_000
"""Pixels of a picture in memory, all frames of an animation together."""

_OF_THE_DISK = (errno.ENOSPC, errno.EFBIG, errno.ENOENT)

MAX_SVG_SIZE = 10_000_000
"""Bytes of an SVG that are parsed."""

MAX_MEMORY = 4_000_000_000
"""Bytes that one render takes at most, whatever a file promises.

A source that must be decoded as a whole may take 1.8 GB (225 megapixels of 8 bytes), and a picture
before and after an operation 0.9 GB each; the rest is for decoders and encoders.
"""

_MAX_DECODED = 1_800_000_000

# The loader for each format, and what libvips itself must call the file.
_LOADERS = {
    "jpg": ("jpegload", "VipsForeignLoadJpeg"),
    "png": ("pngload", "VipsForeignLoadPng"),
    "gif": ("gifload", "VipsForeignLoadNsgif"),
    "webp": ("webpload", "VipsForeignLoadWebp"),
    "avif": ("heifload", "VipsForeignLoadHeif"),
    "heic": ("heifload", "VipsForeignLoadHeif"),
    "tif": ("tiffload", "VipsForeignLoadTiff"),
    "svg": ("svgload_buffer", "VipsForeignLoadSvg"),
    # Not in libvips' own wheel; where there is one, it is used.
    "pdf": ("pdfload", "VipsForeignLoadPdf"),
}
_SAVERS = {
    "jpg": "jpegsave",
    "png": "pngsave",
    "gif": "gifsave",
    "webp": "webpsave",
    "avif": "heifsave",
    "tif": "tiffsave",
}
_ANIMATED = frozenset({"gif", "webp"})
_SIDEWAYS = frozenset({5, 6, 7, 8})
_INCH = 25.4
# Pixels of a plain drawing that needs no process of its own.
_SMALL = 4_000_000
# Begins each scan of a JPEG (ISO 10918-1), of which a usual progressive one has ten.
_SCAN = b"\xff\xda"
_SCANS = 5
# Bytes of a number of a pixel, where they are not four.
_DEPTHS = {"uchar": 1, "char": 1, "ushort": 2, "short": 2, "double": 8, "complex": 8}


class BrokenImage(ValueError):
    """A file that libvips cannot read to its end."""


class Header(NamedTuple):
    """Size in pixels as displayed, with the EXIF orientation applied."""

    width: int
    height: int
    opaque: bool
    animated: bool


class Promise(NamedTuple):
    """What loading comes to, before there are pixels."""

    width: int
    height: int
    frames: int
    decoded: int
    """Bytes of all pixels that the decoder makes, as often as it goes over them."""


class Timing(NamedTuple):
    """How an animation runs: how long each frame is shown, in milliseconds, and how often all."""

    delays: tuple[int, ...] = ()
    loop: int = 0


def is_available() -> bool:
    """Say whether the extra is installed."""
    return importlib.util.find_spec("pyvips") is not None


def can_read(format: str) -> bool:
    """Say whether pictures can be made from a format; without the extra nobody knows."""
    if format not in _LOADERS or not is_available():
        return format in _LOADERS
    return _has_operation(_LOADERS[format][0])


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
    with translating(path):
        if format == "svg" and not svg_drawing.is_plain(read_svg(path)):
            return Header(*svg_drawing.measure(path), opaque=False, animated=False)
        image = _open(path, format=format)
    width, height = image.width, image.height
    if image.get_typeof("orientation") and image.get("orientation") in _SIDEWAYS:
        width, height = height, width
    animated = format in _ANIMATED and image.get_typeof("n-pages") and image.get("n-pages") > 1
    return Header(width, height, not image.hasalpha(), bool(animated))


def read_blocks(path: Path, *, format: str) -> dict[str, bytes]:
    """Return the blocks of metadata of a picture by libvips' names, undecoded."""
    with translating(path):
        image = _open(path, format=format)
    names = ("exif-data", "iptc-data")
    return {name: bytes(image.get(name)) for name in names if image.get_typeof(name)}


def load(
    path: Path,
    *,
    format: str,
    width: int,
    height: int,
    with_frames: bool = False,
    pages: Mapping[str, int] | None = None,
    check: Callable[[Promise], None],
    spend: Callable[[float], None] = lambda _seconds: None,
    until: float | None = None,
) -> Any:
    """Load a picture at exactly this size: upright, in sRGB, 8 bits a band, in memory.

    Where the decoder can it decodes no more than that size needs. With frames, an animation has
    all its pages below each other. ``pages`` are options of a loader of documents. ``check`` may
    refuse what it will come to, and ``spend`` what a process of its own took. Raise
    ``BrokenImage`` for a file that cannot be decoded to its end: a picture that is half grey would
    be a quiet lie.
    """
    pyvips = _pyvips()
    options: dict[str, Any] = {"height": height, "size": "force", "fail_on": "error"}
    with translating(path):
        if format == "svg":
            check(Promise(width, height, 1, width * height * 4))
            return _to_srgb(_draw(path, width, height, spend)).copy_memory()
        source = _open(path, format=format)
        _check_decoded(source, format=format, with_frames=with_frames)
        if _needs_profile(source):
            options["output_profile"] = "srgb"
        chosen = {"n": -1} if with_frames and format in _ANIMATED else pages or {}
        words = ",".join(f"{name}={value}" for name, value in chosen.items())
        image = pyvips.Image.thumbnail(f"{path}[{words}]", width, **options)
        frames = _page_count(image)
        decoded = _decoded_bytes(source, path, format=format, frames=frames)
        check(Promise(image.width, image.height // frames, frames, decoded))
        if until is not None:
            watch(image, until=until)
        return _to_srgb(image).copy_memory()


def save(image: Any, path: Path, *, format: str, dpi: int | None = None, **options: Any) -> None:
    """Write a file without the source's metadata, whatever the path is called."""
    with translating(path):
        getattr(_with_dpi(image, dpi), _saver(format))(str(path), keep="none", **options)


def encode(image: Any, *, format: str, **options: Any) -> bytes:
    """Return the bytes of a file without the source's metadata."""
    data: bytes = getattr(image, f"{_saver(format)}_buffer")(keep="none", **options)
    return data


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Raise ``BrokenImage`` for what libvips finds wrong while it works on a file."""
    pyvips = _pyvips()
    try:
        yield
    except (pyvips.Error, svg_drawing.CostlyDrawing) as error:
        for code in _OF_THE_DISK:
            # Nothing is wrong with the picture.
            if os.strerror(code) in str(error) or (code == errno.ENOENT and not path.exists()):
                raise OSError(code, os.strerror(code), str(path)) from error
        raise BrokenImage(_words(error, path)) from error


def read_svg(path: Path) -> bytes:
    """Read an SVG into memory: without a file name there is no base for anything it refers to."""
    if path.stat().st_size > MAX_SVG_SIZE:
        raise BrokenImage(f"an SVG of more than {MAX_SVG_SIZE // 1_000_000} MB")
    return path.read_bytes()


def read_timing(image: Any) -> Timing:
    """Return how the frames of a loaded animation run."""
    delays = image.get("delay") if image.get_typeof("delay") else []
    return Timing(tuple(delays), image.get("loop") if image.get_typeof("loop") else 0)


def split_pages(image: Any) -> list[Any]:
    """Return the frames of a picture, each a picture of its own."""
    count = _page_count(image)
    height = image.height // count
    pages = [image.crop(0, number * height, image.width, height) for number in range(count)]
    for page in pages:
        for name in ("page-height", "n-pages"):
            page.remove(name)
    return pages


def join_pages(pages: list[Any], *, timing: Timing) -> Any:
    """Put frames of equal size together again."""
    if len(pages) == 1:
        return pages[0]
    pyvips = _pyvips()
    joined = pyvips.Image.arrayjoin(pages, across=1).copy()
    joined.set_type(pyvips.GValue.gint_type, "page-height", pages[0].height)
    joined.set_type(pyvips.GValue.gint_type, "loop", timing.loop)
    joined.set_type(pyvips.GValue.array_int_type, "delay", list(timing.delays))
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
        return pyvips.Image.svgload_buffer(read_svg(path))
    _check_loader(path, format=format)
    return getattr(pyvips.Image, _LOADERS[format][0])(str(path))


def _draw(path: Path, width: int, height: int, spend: Callable[[float], None]) -> Any:
    pyvips = _pyvips()
    drawing = read_svg(path)
    if svg_drawing.is_plain(drawing) and width * height <= _SMALL:
        return pyvips.Image.thumbnail_buffer(
            drawing, width, height=height, size="force", fail_on="error"
        )
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "drawing.v"
        spend(svg_drawing.draw(path, target, width=width, height=height))
        return pyvips.Image.vipsload(str(target)).copy_memory()


def _needs_profile(image: Any) -> bool:
    """Say whether colours have to be computed; for plain sRGB that would only take time."""
    return bool(image.get_typeof("icc-profile-data")) or image.interpretation == "cmyk"


def _decoded_bytes(image: Any, path: Path, *, format: str, frames: int) -> int:
    """Count what a decoder goes through, several times for a picture that grows finer."""
    times = 1.0
    if format == "png" and image.get_typeof("interlaced"):
        times = 2
    elif format == "jpg" and image.get("jpeg-multiscan"):
        times = max(1, path.read_bytes().count(_SCAN) / _SCANS)
    return int(image.width * image.height * image.bands * frames * times)


def _check_decoded(image: Any, *, format: str, with_frames: bool) -> None:
    """Refuse what would take too much memory, or ages, only to be decoded."""
    is_streamed = format == "jpg" and not image.get("jpeg-multiscan")
    if is_streamed:
        return
    if format != "jpg":
        frames = image.get("n-pages") if with_frames and image.get_typeof("n-pages") else 1
        check_pixels(image.width, image.height, frames=frames)
    # A progressive JPEG has numbers of two bytes for each that a pixel has; an interlaced PNG is
    # kept three times.
    depth = 2 if format == "jpg" else _DEPTHS.get(image.format, 4)
    copies = 3 if format == "png" and image.get_typeof("interlaced") else 1
    size = image.width * image.height * image.bands * depth * copies
    if size > _MAX_DECODED:
        raise BrokenImage(
            f"its {image.width} x {image.height} pixels would take {size / 1e9:.1f} GB to decode,"
            f" and {_MAX_DECODED / 1e9:.1f} GB are allowed"
        )


def _with_dpi(image: Any, dpi: int | None) -> Any:
    return image if dpi is None else image.copy(xres=dpi / _INCH, yres=dpi / _INCH)


def _saver(format: str) -> str:
    saver = _SAVERS[format]
    if not _has_operation(saver):
        raise Missing(f"the format {format!r} (this libvips cannot write it)")
    return saver


def _has_operation(name: str) -> bool:
    return bool(_pyvips().type_find("VipsOperation", name))


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


def _words(error: Exception, path: Path) -> str:
    """Return libvips' own reason in one line, without paths of this machine."""
    text = str(getattr(error, "detail", error)).strip().splitlines()
    return (text[-1] if text else "unknown error").replace(str(path), "the file")[:200]
