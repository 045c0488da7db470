"""What can be said of a file before it travels: its size, its format, whether it is whole."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from django_rokka.forms.formats import BLANK, HEAD_LENGTH, detect_format

__all__ = ["MESSAGES", "check_format", "check_size", "inspect"]

MESSAGES = {
    "invalid_image": _(
        "“%(name)s” is damaged or not the image it seems to be (%(reason)s). Choose another file."
    ),
    "invalid_svg": _(
        "“%(name)s” is no SVG that can be taken: %(reason)s. Export it again as a plain drawing."
    ),
    "invalid_format": _(
        "“%(name)s” is of the format %(format)s, allowed are: %(formats)s. Convert it, or choose"
        " another file."
    ),
    "unknown_format": _(
        "“%(name)s” is of an unknown format, allowed are: %(formats)s. Choose another file."
    ),
    "max_size": _(
        "“%(name)s” has %(size)s, at most %(limit)s are allowed. Make it smaller, or choose"
        " another file."
    ),
}

MAX_SVG_SIZE = 16 * 1024 * 1024
"""Bytes of an SVG: a parser holds a long attribute in memory, where other formats are streamed."""

_STEP = 64 * 1024

# What rokka takes and Pillow reads. Of the many other readers some fail on hostile files in ways
# of their own, and what rokka does not take is rokka's to refuse.
_PILLOW_FORMATS = ("AVIF", "GIF", "JPEG", "PNG", "PSD", "TIFF", "WEBP")

# What these readers raise when a file breaks its format.
_BROKEN = (OSError, OverflowError, RuntimeError, SyntaxError, ValueError)


def check_size(name: str | None, size: int, *, limit: int) -> None:
    """Raise ``ValidationError`` for more bytes than are allowed."""
    if size > limit:
        is_close = filesizeformat(size) == filesizeformat(limit)  # as in “10 MB, at most 10 MB”
        write = _write_bytes if is_close else filesizeformat
        raise _invalid("max_size", name, size=write(size), limit=write(limit))


def check_format(name: str | None, format: str, *, formats: Collection[str]) -> None:
    """Raise ``ValidationError`` for a format that is not among ``formats``; none allow all."""
    if not formats or format in formats:
        return
    listed = ", ".join(allowed.upper() for allowed in formats)
    code = "invalid_format" if format else "unknown_format"
    raise _invalid(code, name, format=format.upper(), formats=listed)


def inspect(file: File[Any], *, formats: Collection[str]) -> None:
    """Check a file's format, and that it is whole; what nobody here reads, rokka judges.

    Raise ``ValidationError``. The file is left at its beginning.
    """
    try:
        file.seek(0)
        detected = detect_format(_read_head(file))
        check_format(file.name, detected, formats=formats)
        if detected == "svg":
            check_size(file.name, file.size, limit=MAX_SVG_SIZE)
            _check_svg(file)
        else:
            _check_by_pillow(file)
    finally:
        file.seek(0)


def _read_head(file: File[Any]) -> bytes:
    """Read what tells the format: an SVG may begin after any amount of blank space."""
    head: bytes = file.read(HEAD_LENGTH)
    while head and not head.strip(BLANK):
        head = file.read(_STEP)
    return head


def _write_bytes(size: int) -> str:
    return ngettext("%(size)s byte", "%(size)s bytes", size) % {
        "size": number_format(size, force_grouping=True)
    }


def _check_svg(file: File[Any]) -> None:
    from django_rokka.forms.svg import UnsafeSVG, check_svg  # which brings a parser

    try:
        check_svg(file.chunks())
    except UnsafeSVG as error:
        raise _invalid("invalid_svg", file.name, reason=error) from error


def _check_by_pillow(file: File[Any]) -> None:
    from PIL import Image, UnidentifiedImageError

    file.seek(0)
    Image.init()  # a Pillow without AVIF does not know its name
    known = [name for name in _PILLOW_FORMATS if name in Image.OPEN]
    try:
        Image.open(file, formats=known).verify()
    except UnidentifiedImageError:
        pass  # HEIC, PDF and video are rokka's to judge.
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        pass  # Pillow's limit on pixels is for decoding; rokka has its own.
    except _BROKEN as error:
        raise _invalid("invalid_image", file.name, reason=error) from error


def _invalid(code: str, name: str | None, **params: Any) -> ValidationError:
    return ValidationError(MESSAGES[code], code=code, params={"name": name, **params})
