"""A font of which every letter is a full square, so that pixels of a text can be counted."""

from __future__ import annotations

import struct

_FIRST, _LAST = 0x20, 0x7E
_EM = 1000


def box_font(*, advance: int = _EM, family: str = "Boxes") -> bytes:
    """A TrueType font: each printable ASCII character is as wide and high as the font's size."""
    letters = _LAST - _FIRST + 1
    box = _box()
    tables = {
        b"cmap": _cmap(),
        b"glyf": box * letters,
        b"head": struct.pack(
            ">LLLLHHQQhhhhHHhhh",
            *(0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _EM, 0, 0),
            *(0, 0, _EM, _EM, 0, 8, 2, 1, 0),
        ),
        b"hhea": struct.pack(
            ">LhhhHhhhhhhhhhhhH", 0x10000, _EM, 0, 0, advance, *([0] * 11), letters + 1
        ),
        b"hmtx": struct.pack(">Hh", advance, 0) * (letters + 1),
        # The first glyph stands for what is missing, and is empty.
        b"loca": struct.pack(
            f">{letters + 2}L", 0, *(len(box) * index for index in range(letters + 1))
        ),
        b"maxp": struct.pack(">L14H", 0x10000, letters + 1, 4, 1, *([0] * 11)),
        b"name": _name(family),
        b"post": struct.pack(">LLhhLLLLL", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    return _font(tables)


def _box() -> bytes:
    """One contour of four points on the curve: their distances across, then upwards."""
    header = struct.pack(">hhhhhHH", 1, 0, 0, _EM, _EM, 3, 0)
    distances = struct.pack(">8h", 0, 0, _EM, 0, 0, _EM, 0, -_EM)
    return header + bytes([1] * 4) + distances + b"\0\0"


def _cmap() -> bytes:
    """One run of characters, and the mark of the end."""
    runs = struct.pack(
        ">HHHH HH H HH HH HH",
        *(4, 4, 1, 0),
        *(_LAST, 0xFFFF),
        0,
        *(_FIRST, 0xFFFF),
        *((1 - _FIRST) % 0x10000, 1),
        *(0, 0),
    )
    table = struct.pack(">HHH", 4, len(runs) + 6, 0) + runs
    return struct.pack(">HHHHL", 0, 1, 3, 1, 12) + table


def _name(family: str) -> bytes:
    text = family.encode("utf-16-be")
    return struct.pack(">HHH6H", 0, 1, 18, 3, 1, 0x409, 1, len(text), 0) + text


def _font(tables: dict[bytes, bytes]) -> bytes:
    header = struct.pack(">LHHHH", 0x10000, len(tables), 0, 0, 0)
    start = len(header) + 16 * len(tables)
    records, content = b"", b""
    for tag, table in sorted(tables.items()):
        records += struct.pack(">4sLLL", tag, 0, start + len(content), len(table))
        content += table + b"\0" * (-len(table) % 4)
    return header + records + content
