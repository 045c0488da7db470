"""Pictures whose pixels are known, made by libvips."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pyvips
from PIL import Image

RED, BLUE, GREEN, WHITE = (255, 0, 0), (0, 0, 255), (0, 128, 0), (255, 255, 255)

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">'
    b'<rect width="30" height="40" fill="#f00"/><rect x="30" width="30" height="40" fill="#00f"/>'
    b"</svg>"
)


def plain(width: int, height: int, colour: tuple[int, ...]) -> Any:
    black = pyvips.Image.black(width, height)
    return (black + list(colour)).cast("uchar").copy(interpretation="srgb")


def halves(width: int, height: int) -> Any:
    """A red left half and a blue right half."""
    return plain(width // 2, height, RED).join(
        plain(width - width // 2, height, BLUE), "horizontal"
    )


def places(width: int, height: int) -> Any:
    """Each pixel's red is its x and its green its y; both sides are at most 256 pixels."""
    return pyvips.Image.xyz(width, height).bandjoin(128).cast("uchar").copy(interpretation="srgb")


def encode(image: Any, format: str = "png", **options: Any) -> bytes:
    data: bytes = image.write_to_buffer(f".{format}", **options)
    return data


def decode(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pixel(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place given in parts of width and height."""
    rgb = image.convert("RGB")
    found = rgb.getpixel((int(x * (rgb.width - 1)), int(y * (rgb.height - 1))))
    assert isinstance(found, tuple)
    return found


def at(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    """The red, green, blue and alpha of a pixel."""
    found = image.convert("RGBA").getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def is_close(found: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(found, expected, strict=True))


def animation(format: str) -> bytes:
    frames = [Image.new("RGB", (60, 40), colour) for colour in (RED, GREEN, BLUE)]
    file = io.BytesIO()
    frames[0].save(file, format, save_all=True, append_images=frames[1:], duration=120, loop=0)
    return file.getvalue()


def png_with_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and has next to no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
