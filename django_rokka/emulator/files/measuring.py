"""How large a picture is, from the headers of its file: no pixel is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

from PIL import Image, UnidentifiedImageError

from django_rokka.emulator.files.formats import HEAD_LENGTH, Format, detect_format
from django_rokka.emulator.pixels import vips

__all__ = ["MAX_PIXELS", "Measurement", "UnreadableFile", "measure", "read_duration"]

MAX_PIXELS = 225_000_000
"""Pixels that rokka takes of anything but a JPEG."""

_BY_PILLOW = frozenset({"jpg", "png", "gif", "webp", "avif", "tif"})
_OPAQUE = frozenset({"jpg", "mp4", "mov", "webm"})
_SIDEWAYS = frozenset({5, 6, 7, 8})
_ORIENTATION = 0x0112
# A number of pixels; longer ones are no size of any picture.
_LENGTH = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]*)?|\.[0-9]+)(?:px)?")


class UnreadableFile(ValueError):
    """A file that is empty, broken, too large, or nothing that rokka takes."""


class Measurement(NamedTuple):
    """Format, and the size as displayed: an EXIF orientation is applied, as rendering does.

    The size is 0 × 0 where no header tells it, as for fonts.
    """

    format: Format
    width: int
    height: int
    opaque: bool
    animated: bool

    def as_columns(self) -> dict[str, Any]:
        """Return what the row of an image has of it."""
        return {
            "mimetype": self.format.mimetype,
            "format": self.format.name,
            "width": self.width,
            "height": self.height,
            "opaque": self.opaque,
            "animated": self.animated,
        }


class _Header(NamedTuple):
    width: int
    height: int
    opaque: bool = False
    animated: bool = False


def measure(path: Path) -> Measurement:
    """Measure a file; raise ``UnreadableFile`` with the reason when rokka would refuse it."""
    if path.stat().st_size == 0:
        raise UnreadableFile("The file is empty. Send the bytes of an image.")
    found = detect_format(path)
    if found is None:
        raise UnreadableFile(
            "The content of the file is no image, video or font that rokka takes. Use JPEG, PNG,"
            " GIF, WebP, AVIF, HEIC, JPEG XL, TIFF, SVG, PSD, EPS, PDF, MP4 or TTF."
        )
    header = _read_header(path, found.name)
    pixels = header.width * header.height
    if pixels > MAX_PIXELS and found.name != "jpg":
        raise UnreadableFile(
            f"The image has {header.width} x {header.height} pixels, which is more than"
            f" {MAX_PIXELS // 1_000_000} megapixels. Make it smaller, or a JPEG."
        )
    return Measurement(
        found,
        header.width,
        header.height,
        header.opaque or found.name in _OPAQUE,
        header.animated,
    )


def read_duration(path: Path) -> float:
    """Return the seconds of a video, 0 where it does not say (ISO 14496-12: moov, mvhd)."""
    with path.open("rb") as file:
        file.seek(0, 2)
        for start, end in _boxes(file, 0, file.tell(), b"moov"):
            for header, _ in _boxes(file, start, end, b"mvhd"):
                file.seek(header)
                is_long = file.read(1) == b"\x01"
                file.seek(header + (20 if is_long else 12))
                form = ">IQ" if is_long else ">II"
                data = file.read(struct.calcsize(form))
                scale, length = struct.unpack(form, data.ljust(struct.calcsize(form), b"\0"))
                return length / scale if scale else 0
    return 0


def _read_header(path: Path, name: str) -> _Header:
    if name in _OWN_READERS:
        with path.open("rb") as file:
            return _OWN_READERS[name](file)
    if vips.is_available() and vips.can_read(name):
        try:
            return _Header(*vips.read_header(path, format=name))
        except vips.BrokenImage as error:
            if name != "heic":
                raise UnreadableFile(f"The file is a broken {name}: {error}") from error
    if name in _BY_PILLOW:
        return _read_with_pillow(path, name)
    if name == "svg":
        return _read_svg(path)
    return _read_heic(path) if name == "heic" else _Header(0, 0)


def _read_with_pillow(path: Path, name: str) -> _Header:
    try:
        with Image.open(path) as image:
            width, height = image.size
            if image.getexif().get(_ORIENTATION) in _SIDEWAYS:
                width, height = height, width
            return _Header(
                width, height, not image.has_transparency_data, getattr(image, "n_frames", 1) > 1
            )
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise UnreadableFile(f"The file is a broken {name}: {error}") from error


def _read_svg(path: Path) -> _Header:
    """Read width and height of the root element, or its view box; else they are unknown."""
    with path.open("rb") as file:
        text = file.read(HEAD_LENGTH).decode(errors="replace")
    match = re.search(r"<(?:\w+:)?svg\b([^<>]*)>", text)
    attributes = match[1] if match else ""
    found = dict(
        re.findall(r"(?<![\w:-])(width|height|viewBox)\s*=\s*[\"']([^\"']*)[\"']", attributes)
    )
    box = [*found.get("viewBox", "").replace(",", " ").split(), *("",) * 4]
    width = _read_length(found.get("width", "")) or _read_length(box[2])
    height = _read_length(found.get("height", "")) or _read_length(box[3])
    return _Header(width, height)


def _read_length(text: str) -> int:
    """Read pixels, 0 for what is no such length: it counts as unknown."""
    word = text.strip()
    return round(float(word.removesuffix("px"))) if _LENGTH.fullmatch(word) else 0


def _read_heic(path: Path) -> _Header:
    """Take the largest extent (``ispe``) of a HEIC: thumbnails and tiles have their own."""
    with path.open("rb") as file:
        head = file.read(HEAD_LENGTH)
    sizes = [
        struct.unpack(">II", head[match.end() + 4 : match.end() + 12])
        for match in re.finditer(b"ispe", head)
        if match.end() + 12 <= len(head)
    ]
    width, height = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
    return _Header(width, height)


def _read_psd(file: IO[bytes]) -> _Header:
    height, width = struct.unpack(">II", file.read(22)[14:].ljust(8, b"\0"))
    return _Header(width, height)


def _read_jp2(file: IO[bytes]) -> _Header:
    head = file.read(HEAD_LENGTH)
    found = head.find(b"ihdr")
    if found < 0 or found + 12 > len(head):
        return _Header(0, 0)
    height, width = struct.unpack(">II", head[found + 4 : found + 12])
    return _Header(width, height)


def _read_video(file: IO[bytes]) -> _Header:
    """Take the size of the first track that has one (ISO 14496-12: moov, trak, tkhd)."""
    file.seek(0, 2)
    for start, end in _boxes(file, 0, file.tell(), b"moov"):
        for track_start, track_end in _boxes(file, start, end, b"trak"):
            for _, header_end in _boxes(file, track_start, track_end, b"tkhd"):
                file.seek(header_end - 8)
                # Fixed-point numbers: whole pixels are in the upper half.
                width, height = struct.unpack(">II", file.read(8).ljust(8, b"\0"))
                if width and height:
                    return _Header(width >> 16, height >> 16)
    return _Header(0, 0)


def _boxes(file: IO[bytes], start: int, end: int, name: bytes) -> list[tuple[int, int]]:
    """Return where the contents of all boxes of a name are, between two offsets."""
    found = []
    while start + 8 <= end:
        file.seek(start)
        length, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if length == 1:
            length, header = int.from_bytes(file.read(8), "big"), 16
        elif length == 0:
            length = end - start
        if length < header or start + length > end:
            break
        if kind == name:
            found.append((start + header, start + length))
        start += length
    return found


_OWN_READERS: dict[str, Callable[[IO[bytes]], _Header]] = {
    "psd": _read_psd,
    "jp2": _read_jp2,
    "mp4": _read_video,
    "mov": _read_video,
}
