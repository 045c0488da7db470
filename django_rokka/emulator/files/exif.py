"""EXIF, as it stands in pictures: a TIFF's directories, without its pixels.

Nothing that the bytes say is believed: no offset leads out of them, no directory leads on to
another one, and what is long, binary or no number is left out.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from PIL.ExifTags import GPSTAGS, IFD, TAGS

__all__ = ["read_exif"]

_ORDERS = {b"II": "<", b"MM": ">"}
_MAGIC = 42
_MAX_ENTRIES = 200
"""Fields of one directory."""
_MAX_TEXT = 1000
"""Bytes of one text."""
_MAX_NUMBERS = 16
"""Numbers of one field; pictures have lists of places among them."""
_TEXT = 2
_NUMBERS = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
_RATIONAL = frozenset({5, 10})
# Where the pixels of a TIFF are, and what leads to other directories.
_PLACES = frozenset({273, 279, 324, 325, 330, 513, 514, *IFD})


class _Entry(NamedTuple):
    tag: int
    kind: int
    length: int
    place: bytes
    """The value, or where it is."""


def read_exif(file: IO[bytes]) -> dict[str, Any]:
    """Return the fields by their names; nothing for what is no EXIF."""
    head = file.read(8)
    order = _ORDERS.get(head[:2])
    if order is None or len(head) < 8:
        return {}
    magic, start = struct.unpack(f"{order}HI", head[2:])
    if magic != _MAGIC:
        return {}
    entries = list(_entries(file, order, start))
    fields = dict(_fields(file, order, entries, TAGS))
    for pointer, names in ((IFD.Exif, TAGS), (IFD.GPSInfo, GPSTAGS)):
        for entry in entries:
            if entry.tag == pointer:
                (start,) = struct.unpack(f"{order}I", entry.place)
                fields.update(_fields(file, order, _entries(file, order, start), names))
    return fields


def _entries(file: IO[bytes], order: str, start: int) -> Iterator[_Entry]:
    file.seek(start)
    count = int.from_bytes(file.read(2), "little" if order == "<" else "big")
    data = file.read(12 * min(count, _MAX_ENTRIES))
    for offset in range(0, len(data) - 11, 12):
        yield _Entry(*struct.unpack_from(f"{order}HHI4s", data, offset))


def _fields(
    file: IO[bytes], order: str, entries: Any, names: dict[int, str]
) -> Iterator[tuple[str, Any]]:
    for entry in entries:
        name = names.get(entry.tag)
        if name is None or entry.tag in _PLACES:
            continue
        value = _read_value(file, order, entry)
        if value not in ("", None):
            yield name, value


def _read_value(file: IO[bytes], order: str, entry: _Entry) -> Any:
    if entry.kind == _TEXT:
        data = _read_bytes(file, order, entry, min(entry.length, _MAX_TEXT))
        return data.partition(b"\0")[0].decode(errors="replace").strip()
    letters = _NUMBERS.get(entry.kind)
    if letters is None or not 0 < entry.length <= _MAX_NUMBERS:
        return None
    form = f"{order}{letters * entry.length}"
    data = _read_bytes(file, order, entry, struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        return None
    numbers: list[Any] = list(struct.unpack(form, data))
    if entry.kind in _RATIONAL:
        if 0 in numbers[1::2]:
            return None
        numbers = [above / below for above, below in zip(numbers[::2], numbers[1::2], strict=True)]
    if not all(math.isfinite(number) for number in numbers):
        return None
    return numbers if len(numbers) > 1 else numbers[0]


def _read_bytes(file: IO[bytes], order: str, entry: _Entry, size: int) -> bytes:
    if size <= len(entry.place):
        return entry.place[:size]
    file.seek(struct.unpack(f"{order}I", entry.place)[0])
    return file.read(size)
