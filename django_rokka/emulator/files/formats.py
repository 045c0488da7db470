"""Which format a file has, by its content and never by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["HEAD_LENGTH", "Format", "detect_format"]

HEAD_LENGTH = 64 * 1024
"""Bytes at the beginning of a file that are looked at."""


class Format(NamedTuple):
    """A format as rokka names it: the usual extension, and the media type."""

    name: str
    mimetype: str


_SIGNATURES: tuple[tuple[int, bytes, Format], ...] = (
    (0, b"\xff\xd8\xff", Format("jpg", "image/jpeg")),
    (0, b"\x89PNG\r\n\x1a\n", Format("png", "image/png")),
    (0, b"GIF87a", Format("gif", "image/gif")),
    (0, b"GIF89a", Format("gif", "image/gif")),
    (8, b"WEBPVP8", Format("webp", "image/webp")),
    (0, b"II*\0", Format("tif", "image/tiff")),
    (0, b"MM\0*", Format("tif", "image/tiff")),
    (0, b"II+\0", Format("tif", "image/tiff")),
    (0, b"MM\0+", Format("tif", "image/tiff")),
    (0, b"8BPS\0", Format("psd", "image/vnd.adobe.photoshop")),
    (0, b"%PDF-", Format("pdf", "application/pdf")),
    (0, b"%!PS", Format("eps", "application/postscript")),
    (0, b"\xc5\xd0\xd3\xc6", Format("eps", "application/postscript")),
    (0, b"\xff\x0a", Format("jxl", "image/jxl")),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", Format("jxl", "image/jxl")),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", Format("jp2", "image/jp2")),
    (0, b"\x1aE\xdf\xa3", Format("webm", "video/webm")),
    (0, b"\0\x01\0\0\0", Format("ttf", "font/ttf")),
    (0, b"OTTO\0", Format("otf", "font/otf")),
)
_AVIF = Format("avif", "image/avif")
_HEIC = Format("heic", "image/heic")
_MOV = Format("mov", "video/quicktime")
_MP4 = Format("mp4", "video/mp4")
_SVG = Format("svg", "image/svg+xml")
# Only these brands of the ISO container are pictures; the many others are video.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_SPACE = re.compile(r"\s*")
_SVG_ROOT = re.compile(r"<(?:\w+:)?svg[\s>/]")
# How each thing that XML allows before the root element begins and ends.
_PROLOGUE = (
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<!DOCTYPE[^\[>]*\["), re.compile(r"\]\s*>")),
    (re.compile(r"<!DOCTYPE"), re.compile(r">")),
)


def detect_format(path: Path) -> Format | None:
    """Return the format of a file, ``None`` when it is none that rokka takes."""
    with path.open("rb") as file:
        head = file.read(HEAD_LENGTH)
    for offset, signature, found in _SIGNATURES:
        if head.startswith(signature, offset):
            return found
    if head[4:8] == b"ftyp":
        return _container_format(head)
    return _SVG if _is_svg(_as_text(head)) else None


def _container_format(head: bytes) -> Format:
    length = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12], *(head[start : start + 4] for start in range(16, length, 4))}
    if brands & {b"avif", b"avis"}:
        return _AVIF
    if brands & _HEIC_BRANDS:
        return _HEIC
    return _MOV if b"qt  " in brands else _MP4


def _is_svg(text: str) -> bool:
    """Say whether the root element is an ``svg``; what was skipped is never looked at again."""
    position = 0
    while (found := _end_of_prologue(text, position)) is not None:
        position = found
    return bool(_SVG_ROOT.match(text, _skip_space(text, position)))


def _end_of_prologue(text: str, position: int) -> int | None:
    """Return where a declaration, comment or document type ends, ``None`` where none is."""
    position = _skip_space(text, position)
    for beginning, end in _PROLOGUE:
        if begun := beginning.match(text, position):
            ended = end.search(text, begun.end())
            return ended.end() if ended else None
    return None


def _skip_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _as_text(head: bytes) -> str:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return head.decode(encoding, errors="replace")
