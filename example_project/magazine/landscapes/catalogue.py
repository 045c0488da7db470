"""List the pictures, and paint them into a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyvips

from magazine.landscapes.paint import ENLARGEMENT
from magazine.landscapes.scenes import alpine, coast, desert, forest

_QUALITY = 85


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """One picture: its file name, its painter, and its size in pixels."""

    name: str
    painter: Callable[[int, int], pyvips.Image]
    width: int
    height: int

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"{self.name}.jpg"

    def paint(self) -> pyvips.Image:
        """Paint the picture in its full size."""
        return self.painter(round(self.width / ENLARGEMENT), round(self.height / ENLARGEMENT))

    def save(self, folder: Path) -> Path:
        """Paint the picture into a folder, unless it is there already."""
        path = folder / self.file_name
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_bytes(self.paint().jpegsave_buffer(Q=_QUALITY))
            unfinished.replace(path)
        return path


LANDSCAPES = (
    Landscape(name="first-light", painter=alpine.first_light, width=2400, height=1602),
    Landscape(name="sea-of-clouds", painter=alpine.sea_of_clouds, width=2400, height=1002),
    Landscape(name="winter-pass", painter=alpine.winter_pass, width=1602, height=2400),
    Landscape(name="still-lake", painter=alpine.still_lake, width=2400, height=1602),
    Landscape(name="mist-ridges", painter=alpine.mist_ridges, width=2400, height=1002),
    Landscape(name="moonrise", painter=alpine.moonrise, width=2001, height=2001),
    Landscape(name="dunes", painter=desert.dunes, width=2400, height=1602),
    Landscape(name="stars-over-sand", painter=desert.stars_over_sand, width=1602, height=2400),
    Landscape(name="pines-in-fog", painter=forest.pines_in_fog, width=1602, height=2400),
    Landscape(name="northern-lights", painter=forest.northern_lights, width=2400, height=1602),
    Landscape(name="open-sea", painter=coast.open_sea, width=2400, height=1602),
    Landscape(name="islands", painter=coast.islands, width=2400, height=1602),
)


def paint_all(folder: Path) -> Iterator[Path]:
    """Paint every picture into a folder, two at a time; yields each path as it is ready."""
    folder.mkdir(parents=True, exist_ok=True)
    painters = ThreadPoolExecutor(max_workers=2)
    try:
        yield from painters.map(lambda landscape: landscape.save(folder), LANDSCAPES)
    finally:
        # Whoever presses Ctrl-C does not wait for the pictures that nobody has begun.
        painters.shutdown(cancel_futures=True)
