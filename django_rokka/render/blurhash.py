"""BlurHash: a picture in some thirty characters, by the algorithm of https://blurha.sh."""

from __future__ import annotations

import base64
import functools
import math
import struct
import zlib

__all__ = ["read_colour", "write_picture"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_HEAD = 6  # digits before those of the waves: their number, the largest of them, the mean colour
_LARGEST_STEPS = 166
_WAVE_STEPS = 9
_SIZE = (8, 6)
"""Pixels of the picture; a browser smooths between them."""

_Colour = tuple[float, float, float]


@functools.lru_cache(maxsize=1024)
def read_colour(text: str) -> str:
    """Return the mean colour as ``#rrggbb``, empty for a text that is no BlurHash."""
    return f"#{_number(text[2:_HEAD]) & 0xFFFFFF:06x}" if _is_blurhash(text) else ""


@functools.lru_cache(maxsize=1024)
def write_picture(text: str) -> str:
    """Return a tiny PNG as a ``data:`` URL, empty for a text that is no BlurHash."""
    if not _is_blurhash(text):
        return ""
    waves, (width, height) = _read_waves(text), _SIZE
    rows = b"".join(
        b"\0" + bytes(band for x in range(width) for band in _mix(waves, x / width, y / height))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _is_blurhash(text: str) -> bool:
    if len(text) < _HEAD or not set(text) <= set(_DIGITS):
        return False
    across, down = _components(text)
    return down <= 9 and len(text) == _HEAD + 2 * (across * down - 1)


def _components(text: str) -> tuple[int, int]:
    flag = _number(text[0])
    return flag % 9 + 1, flag // 9 + 1


def _read_waves(text: str) -> dict[tuple[int, int], _Colour]:
    """Return the colour of each wave by its number across and down; the first is the mean."""
    (across, down), scale = _components(text), (_number(text[1]) + 1) / _LARGEST_STEPS
    mean = _number(text[2:_HEAD])
    waves = {(0, 0): tuple(_to_linear(mean >> shift & 255) for shift in (16, 8, 0))}
    steps = 2 * _WAVE_STEPS + 1
    for place in range(1, across * down):
        number = _number(text[_HEAD + 2 * place - 2 : _HEAD + 2 * place])
        parts = (number // steps**2, number // steps % steps, number % steps)
        waves[place % across, place // across] = tuple(
            math.copysign((part / _WAVE_STEPS - 1) ** 2, part - _WAVE_STEPS) * scale
            for part in parts
        )
    return waves  # type: ignore[return-value]  # each has three parts


def _mix(waves: dict[tuple[int, int], _Colour], x: float, y: float) -> list[int]:
    sums = [0.0, 0.0, 0.0]
    for (across, down), colour in waves.items():
        factor = math.cos(math.pi * across * x) * math.cos(math.pi * down * y)
        for band, part in enumerate(colour):
            sums[band] += part * factor
    return [_to_srgb(part) for part in sums]


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * len(_DIGITS) + _DIGITS.index(digit)
    return number


def _to_linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _to_srgb(value: float) -> int:
    part = min(max(value, 0), 1)
    part = part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    return min(255, int(part * 255 + 0.5))


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
