"""Fonts of uploads, made ready to be named.

Pango finds a font by the name that the file gives itself, among all fonts of the machine and of
the process. So that exactly the uploaded file is used, whatever it calls itself, a copy of it is
given a name of its own.
"""

from __future__ import annotations

import struct
from pathlib import Path

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.files.binary_files import replacing

__all__ = ["prepare_font"]

_HEADER = struct.Struct(">4sHHHH")
_RECORD = struct.Struct(">4sLLL")
_NEEDED = frozenset({b"cmap", b"head", b"hhea", b"hmtx", b"maxp"})
_MOST_TABLES = 100
# Wider glyphs are of no script; they only serve to make huge pictures of short texts.
_WIDEST = 8


def prepare_font(source: Path, *, name: str, folder: Path) -> Path:
    """Return the copy of a font that bears a name, and is called so; 400 for a broken one."""
    target = folder / f"{name}.font"
    if not target.exists():
        try:
            renamed = _renamed(source.read_bytes(), name)
        except (struct.error, ZeroDivisionError, KeyError) as error:
            raise BadRequest(
                f"The font {name} cannot be read: {error!r}. Upload a sound TTF or OTF."
            ) from error
        with replacing(target) as temporary:
            temporary.write_bytes(renamed)
    return target


def _renamed(font: bytes, name: str) -> bytes:
    """Return the font with another ``name`` table."""
    tables = _read_tables(font)
    missing = sorted(_NEEDED - set(tables))
    if missing:
        raise KeyError(missing[0].decode())
    _check_widths(tables)
    tables[b"name"] = _name_table(name)
    return _write_tables(font[:4], tables)


def _read_tables(font: bytes) -> dict[bytes, bytes]:
    _, count, *_ = _HEADER.unpack_from(font)
    if count > _MOST_TABLES:
        raise KeyError(f"{count} tables")
    tables = {}
    for number in range(count):
        tag, _, start, length = _RECORD.unpack_from(font, _HEADER.size + number * _RECORD.size)
        tables[tag] = font[start : start + length]
    return tables


def _check_widths(tables: dict[bytes, bytes]) -> None:
    """Refuse a font with absurdly wide glyphs or high lines."""
    (units,) = struct.unpack_from(">H", tables[b"head"], 18)
    ascent, descent, gap = struct.unpack_from(">hhh", tables[b"hhea"], 4)
    (count,) = struct.unpack_from(">H", tables[b"hhea"], 34)
    widths = struct.unpack_from(">" + "Hh" * count, tables[b"hmtx"])[::2]
    largest = max(*widths, abs(ascent) + abs(descent) + abs(gap), 1)
    if largest / units > _WIDEST:
        raise KeyError(f"a glyph of {largest / units:.0f} times the font's size")


def _name_table(name: str) -> bytes:
    """Return a table that gives the family, style, full and PostScript names in English."""
    words = {1: name, 2: "Regular", 3: name, 4: name, 6: name}
    records, texts = b"", b""
    for key, word in words.items():
        text = word.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, key, len(text), len(texts))
        texts += text
    return struct.pack(">HHH", 0, len(words), 6 + len(records)) + records + texts


def _write_tables(kind: bytes, tables: dict[bytes, bytes]) -> bytes:
    start = _HEADER.size + len(tables) * _RECORD.size
    # No reader of fonts asks for the hints of the header that speed up a binary search.
    records, content = _HEADER.pack(kind, len(tables), 0, 0, 0), b""
    for tag, table in sorted(tables.items()):
        records += _RECORD.pack(tag, _checksum(table), start + len(content), len(table))
        content += table + b"\0" * (-len(table) % 4)
    return records + content


def _checksum(table: bytes) -> int:
    padded = table + b"\0" * (-len(table) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) & 0xFFFFFFFF
