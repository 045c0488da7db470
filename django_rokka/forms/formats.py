"""Which format a file has, by its content and never by its name."""

from __future__ import annotations

import re
from types import MappingProxyType

__all__ = ["BLANK", "HEAD_LENGTH", "MEDIA_TYPES", "detect_format", "is_xml"]

HEAD_LENGTH = 512
"""Bytes at the beginning of a file that tell its format."""

BLANK = b" \t\n\v\f\r\0\xef\xbb\xbf\xfe\xff"
"""Bytes that an SVG may have before its first element: space and byte order marks."""

MEDIA_TYPES = MappingProxyType(
    {
        "avif": "image/avif",
        "eps": "application/postscript",
        "gif": "image/gif",
        "heic": "image/heic",
        "jp2": "image/jp2",
        "jpg": "image/jpeg",
        "jxl": "image/jxl",
        "mov": "video/quicktime",
        "mp4": "video/mp4",
        "pdf": "application/pdf",
        "png": "image/png",
        "psd": "image/vnd.adobe.photoshop",
        "svg": "image/svg+xml",
        "tif": "image/tiff",
        "webm": "video/webm",
        "webp": "image/webp",
    }
)
"""The formats that are known by their content, as rokka names them, and their media types."""

_SIGNATURES = (
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF8", "gif"),
    (8, b"WEBP", "webp"),
    (0, b"II*\0", "tif"),
    (0, b"MM\0*", "tif"),
    (0, b"8BPS", "psd"),
    (0, b"%PDF-", "pdf"),
    (0, b"%!PS", "eps"),
    (0, b"\xc5\xd0\xd3\xc6", "eps"),
    (0, b"\xff\x0a", "jxl"),
    (0, b"\0\0\0\x0cJXL ", "jxl"),
    (0, b"\0\0\0\x0cjP  ", "jp2"),
    (0, b"\x1aE\xdf\xa3", "webm"),
)
# Of the brands of the ISO container only these are pictures; the many others are video.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


# In UTF-8 or UTF-16; without a mark a NUL before the "<" has to have another one behind it,
# since a video may begin with the length 0x3c.
_XML = re.compile(
    rb"(?:\xff\xfe|\xfe\xff|\0\0\xfe\xff)[\s\0]*<|(?:\xef\xbb\xbf)?(?:\0?\s)*(?:<|\0<\0)"
)


def detect_format(head: bytes) -> str:
    """Return the format that a file begins with, empty when it is not known."""
    for offset, signature, name in _SIGNATURES:
        if head.startswith(signature, offset):
            return name
    if head[4:8] == b"ftyp":
        return _detect_brand(head)
    return "svg" if is_xml(head) else ""


def is_xml(head: bytes) -> bool:
    """Say whether a file begins as XML does: of what rokka takes, only SVG may."""
    return _XML.match(head) is not None


def _detect_brand(head: bytes) -> str:
    length = min(int.from_bytes(head[:4], "big"), HEAD_LENGTH)
    brands = {head[8:12], *(head[start : start + 4] for start in range(16, length, 4))}
    if brands & {b"avif", b"avis"}:
        return "avif"
    if brands & _HEIC_BRANDS:
        return "heic"
    return "mov" if b"qt  " in brands else "mp4"
