"""Files that nobody should upload: damaged ones, and small ones that hold far too much."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from hypothesis import strategies as st
from PIL import Image

from tests.emulator.pictures import SVG, animation, encode, halves

__all__ = [
    "damage",
    "damaged_files",
    "gif_bomb",
    "jpeg_bomb",
    "laughs",
    "nested_uses",
    "png_bomb",
    "svg",
    "tiff_bomb",
    "wounds",
]

Wound: TypeAlias = tuple[Callable[..., bytes], float, bytes]


def gif_bomb(frames: int, width: int = 10_000, height: int = 0) -> bytes:
    """A GIF of a few bytes a frame, each of which fills a large screen."""
    # A one-pixel picture in the corner of a canvas that is far larger.
    frame = (
        b"\x21\xf9\x04\x08\x01\0\0\0\x2c\0\0\0\0"
        + struct.pack("<HH", 1, 1)
        + b"\0\x02\x02\x44\x01\0"
    )
    return (
        b"GIF89a"
        + struct.pack("<HH", width, height or width)
        + b"\x80\0\0\0\0\0\xff\xff\xff"
        + frame * frames
        + b";"
    )


def png_bomb(side: int) -> bytes:
    """A valid PNG of one colour: some hundred thousand bytes for many megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + side // 8)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def jpeg_bomb(side: int, scans: int) -> bytes:
    """A progressive JPEG of one colour whose last scan comes again and again."""
    file = io.BytesIO()
    Image.new("L", (side, side), 99).save(file, "jpeg", progressive=True)
    data = file.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def tiff_bomb(width: int, height: int) -> bytes:
    """A TIFF whose directory promises a size and whose only strip is a few bytes."""
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 1),
        (273, 4, 8 + 2 + 12 * 8 + 4),
        (277, 3, 1),
        (279, 4, 20),
    ]
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + directory + b"\0\0\0\0" + zlib.compress(b"\0" * 99)[:20].ljust(20, b"\0")


def svg(content: str, attributes: str = 'width="60" height="40"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{content}</svg>'.encode()


def laughs() -> bytes:
    entities = "".join(
        f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10)
    )
    return f'<!DOCTYPE svg [<!ENTITY l0 "lol">{entities}]>'.encode() + svg("<text>&l9;</text>")


def nested_uses() -> bytes:
    """Every group shows the one before ten times."""
    groups = "".join(
        f'<g id="g{number}">{f"""<use href="#g{number - 1}"/>""" * 10}</g>'
        for number in range(1, 9)
    )
    return svg(f'<defs><g id="g0"><circle r="9"/></g>{groups}</defs><use href="#g8"/>')


def damaged_files() -> st.SearchStrategy[bytes]:
    """Pictures of every format with a few bytes changed, cut out, doubled or from another."""
    files = _files()
    whole = st.sampled_from(files)
    spliced = st.builds(
        lambda one, two, at: one[: int(len(one) * at)] + two[int(len(two) * at) :],
        whole,
        whole,
        st.floats(0, 1),
    )
    return st.one_of(*[st.builds(damage, whole, wounds())] * 4, spliced, st.binary(max_size=300))


def wounds() -> st.SearchStrategy[list[Wound]]:
    """Changes to bytes: how, in which part of them, and with what."""
    kinds = st.sampled_from([_overwrite, _cut, _double, _insert])
    extremes = st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80"])
    return st.lists(
        st.tuples(kinds, st.floats(0, 1), st.one_of(st.binary(min_size=1, max_size=4), extremes)),
        min_size=1,
        max_size=4,
    )


def damage(data: bytes, done: list[Wound]) -> bytes:
    for wound, place, what in done:
        data = wound(data, int(place * len(data)), what)
    return data


def _overwrite(data: bytes, place: int, what: bytes) -> bytes:
    return data[:place] + what + data[place + len(what) :]


def _cut(data: bytes, place: int, what: bytes) -> bytes:
    return data[:place] if len(what) > 2 else data[:place] + data[place + 50 :]


def _double(data: bytes, place: int, what: bytes) -> bytes:
    return data[:place] + data[place : place + 60] * 3 + data[place:]


def _insert(data: bytes, place: int, what: bytes) -> bytes:
    return data[:place] + what + data[place:]


@cache
def _files() -> list[bytes]:
    picture = halves(40, 30)
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(photo, "jpeg", exif=exif, progressive=True)
    return [
        *(encode(picture, kind) for kind in ("jpg", "png", "webp", "tif", "avif", "gif")),
        encode(picture, "tif", compression="deflate", tile=True),
        encode(picture, "png", interlace=True, palette=True),
        photo.getvalue(),
        animation("gif"),
        animation("webp"),
        SVG,
        SVG.replace(b"<rect", b'<use href="#a"/><image href="file:///canary.jpg"/><rect id="a"', 1),
    ]
