"""IPTC, as Photoshop writes it into pictures: records of texts (IIM 4)."""

from __future__ import annotations

from typing import Any

__all__ = ["read_iptc"]

_RESOURCE = b"8BIM\x04\x04"
"""Begins the block of a picture's IPTC among Photoshop's own."""
_MARK = 0x1C
_APPLICATION = 2
_MAX_RECORDS = 200
_MAX_LENGTH = 0x7FFF
"""Longer records have their length elsewhere; texts are not among them."""
_MAX_TEXT = 1000
_NAMES = {
    5: "ObjectName",
    15: "Category",
    25: "Keywords",
    40: "SpecialInstructions",
    55: "DateCreated",
    60: "TimeCreated",
    80: "By-line",
    85: "By-lineTitle",
    90: "City",
    92: "Sub-location",
    95: "Province-State",
    100: "Country-PrimaryLocationCode",
    101: "Country-PrimaryLocationName",
    105: "Headline",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    120: "Caption-Abstract",
    122: "Writer-Editor",
}
_LISTS = frozenset({"Keywords"})


def read_iptc(data: bytes) -> dict[str, Any]:
    """Return the fields by their names in IIM; nothing for what is no IPTC."""
    start = data.find(_RESOURCE)
    place = data.find(_MARK, start + len(_RESOURCE) if start >= 0 else 0)
    fields: dict[str, Any] = {}
    for _ in range(_MAX_RECORDS):
        head = data[place : place + 5]
        if place < 0 or len(head) < 5 or head[0] != _MARK:
            break
        length = int.from_bytes(head[3:], "big")
        if length > _MAX_LENGTH:
            break
        name = _NAMES.get(head[2]) if head[1] == _APPLICATION else None
        text = data[place + 5 : place + 5 + min(length, _MAX_TEXT)].decode(errors="replace")
        text = text.replace("\0", "").strip()
        if name in _LISTS and text:
            fields.setdefault(name, []).append(text)
        elif name is not None and text:
            fields[name] = text
        place += 5 + length
    return fields
