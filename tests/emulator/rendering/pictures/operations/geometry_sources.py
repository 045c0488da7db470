"""Pictures whose colours say where a pixel lies: red for the column, green for the row."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from PIL import Image

__all__ = ["SOURCES", "Source"]

_CELL = 8  # pixels to a coloured cell, where a format has few colours or no pixels


@dataclass(frozen=True)
class Source:
    """A picture to upload, and how to read the place from its colours."""

    width: int
    height: int
    format: str = "png"
    orientation: int = 1

    @property
    def name(self) -> str:
        turned = f"-exif{self.orientation}" if self.orientation > 1 else ""
        return f"{self.format}-{self.width}x{self.height}{turned}"

    @cached_property
    def data(self) -> bytes:
        if self.format == "svg":
            return self._svg()
        image = Image.new("RGB", (self.width, self.height))
        for x in range(self.width):
            for y in range(self.height):
                image.putpixel((x, y), self.colour(x, y))
        file = io.BytesIO()
        image.save(file, **self._write_options(image))
        return file.getvalue()

    def colour(self, x: int, y: int) -> tuple[int, int, int]:
        x, y = self._cell(x), self._cell(y)
        return round(x * self._step(self.width)), round(y * self._step(self.height)), 128

    def place(self, colour: tuple[int, ...]) -> tuple[float, float]:
        """Where the pixel of that colour lies, as the middle of a source pixel or cell."""
        middle = self._size_of_cell / 2
        return (
            colour[0] / self._step(self.width) + middle,
            colour[1] / self._step(self.height) + middle,
        )

    @property
    def precision(self) -> tuple[float, float]:
        """How many source pixels a place read from a colour may be off."""
        noise = {"jpeg": 3, "gif": 0.5, "svg": 0.5}.get(self.format, 0.5)
        cell = (self._size_of_cell - 1) / 2
        return noise / self._step(self.width) + cell, noise / self._step(self.height) + cell

    @property
    def _size_of_cell(self) -> int:
        return _CELL if self.format in {"gif", "svg"} else 1

    def _cell(self, place: int) -> int:
        return place // self._size_of_cell * self._size_of_cell

    def _step(self, side: int) -> float:
        return 255 / max(1, side - 1)

    def _write_options(self, image: Image.Image) -> dict[str, Any]:
        if self.format == "gif":
            return {"format": "gif", "save_all": True, "append_images": [image.rotate(180)]}
        exif = Image.Exif()
        exif[0x0112] = self.orientation
        # Without chroma subsampling, or colours would run across places.
        return {"format": self.format, "exif": exif, "quality": 100, "subsampling": 0}

    def _svg(self) -> bytes:
        cells = "".join(
            f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}"'
            f' fill="rgb{self.colour(x, y)}"/>'
            for x in range(0, self.width, _CELL)
            for y in range(0, self.height, _CELL)
        )
        # Crisp, or the seams between cells would let the background through.
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}"'
            f' shape-rendering="crispEdges">{cells}</svg>'
        ).encode()


SOURCES = {
    "large": Source(300, 200),
    "even": Source(200, 120),
    "odd": Source(151, 97),
    "tall": Source(60, 240),
    "wide": Source(240, 30),
    "square": Source(128, 128),
    "tiny": Source(3, 5),
    "dot": Source(1, 1),
    "photo": Source(120, 80, "jpeg"),
    "gif": Source(128, 64, "gif"),
    "svg": Source(128, 64, "svg"),
    **{f"exif{number}": Source(120, 80, "jpeg", number) for number in range(2, 9)},
}
