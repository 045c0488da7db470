"""Real pictures in the formats that pages use, a few hundred bytes each."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image, ImageColor


def jpeg(*, width: int = 40, height: int = 30, colour: str = "tomato") -> bytes:
    return _save(_paint(width, height, colour), "JPEG", quality=90)


def png(*, width: int = 40, height: int = 30, colour: str = "tomato") -> bytes:
    return _save(_paint(width, height, colour), "PNG")


def gif(*, width: int = 40, height: int = 30, colour: str = "tomato", frames: int = 1) -> bytes:
    """Return a GIF that plays when it has several frames."""
    first, *others = [_paint(width, height, colour, mark=frame) for frame in range(frames)]
    moving = {"save_all": True, "append_images": others, "duration": 100, "loop": 0}
    return _save(first, "GIF", **(moving if others else {}))


def webp(*, width: int = 40, height: int = 30, colour: str = "tomato") -> bytes:
    return _save(_paint(width, height, colour), "WEBP", lossless=True)


def avif(*, width: int = 40, height: int = 30, colour: str = "tomato") -> bytes:
    return _save(_paint(width, height, colour), "AVIF")


def svg(*, width: int = 40, height: int = 30, colour: str = "tomato") -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" fill="{colour}"/></svg>'
    ).encode()


def _paint(width: int, height: int, colour: str, *, mark: int = 0) -> Image.Image:
    """Paint one colour; from the second frame on a white line moves through it."""
    image = Image.new("RGB", (width, height), ImageColor.getrgb(colour))
    if mark:
        image.paste("white", (0, mark % height, width, mark % height + 1))
    return image


def _save(image: Image.Image, format: str, **options: Any) -> bytes:
    with BytesIO() as file:
        image.save(file, format, **options)
        return file.getvalue()
