"""Judge a rendered picture: is it whole, and does it show what was uploaded."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

import pyvips
import requests
from PIL import Image, ImageChops, ImageOps, ImageStat

_VECTOR = "image/svg+xml"
_SAMPLE = (24, 24)
_REDUCED = (240, 240)
_TOLERANCE = 4.0
"""Mean difference of two pictures' samples, 0 to 255: what compression does stays below 1."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back for the address of a picture."""

    address: str
    problems: tuple[str, ...]
    size: tuple[int, int]
    length: int
    type: str
    picture: Image.Image | None

    @property
    def is_vector(self) -> bool:
        """Whether it is a drawing, which has any size."""
        return self.type == _VECTOR


def read_answer(response: requests.Response) -> Answer:
    """Decode a picture wholly; what is wrong with the answer goes into `problems`."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    problems = []
    picture = None
    if response.status_code != requests.codes.ok:
        problems.append(f"status {response.status_code} instead of 200")
    elif not kind.startswith("image/"):
        problems.append(f"content type {kind!r} is no image")
    else:
        try:
            actual, picture = _decode(response.content, is_vector=kind == _VECTOR)
        except (OSError, SyntaxError, pyvips.Error) as error:
            problems.append(f"cannot be decoded ({error})")
        else:
            if actual != kind:
                problems.append(f"is {actual} and says {kind}")
    return Answer(
        address=response.url,
        problems=tuple(problems),
        size=picture.size if picture else (0, 0),
        length=len(response.content),
        type=kind,
        picture=picture,
    )


def open_original(content: bytes) -> Image.Image:
    """Decode an uploaded picture, an SVG too, and reduce it to what a comparison needs."""
    width, height = _REDUCED
    reduced = pyvips.Image.thumbnail_buffer(content, width, height=height, size="down")
    return Image.open(io.BytesIO(reduced.pngsave_buffer())).convert("RGBA")


def difference(original: Image.Image, rendered: Image.Image) -> float:
    """Return how far a rendition is from the middle of its original, 0 to 255 on average."""
    small = rendered.copy()
    small.thumbnail(_REDUCED, Image.Resampling.BOX)
    middle = ImageOps.fit(_flatten(original), small.size, method=Image.Resampling.BICUBIC)
    return _distance(middle, _flatten(small))


def is_like(original: Image.Image, rendered: Image.Image) -> bool:
    """Say whether a rendition shows its original."""
    return difference(original, rendered) <= _TOLERANCE


def is_flat(picture: Image.Image) -> bool:
    """Say whether a picture is of one colour throughout, as a placeholder would be."""
    return max(ImageStat.Stat(_flatten(picture)).stddev) < 1


def find_twins(pictures: Iterable[tuple[str, Image.Image]]) -> list[tuple[str, str]]:
    """Return the names of different originals that show the same, which would blind the check."""
    seen: list[tuple[str, Image.Image]] = []
    twins = []
    for name, picture in pictures:
        sample = _flatten(picture).resize(_SAMPLE, Image.Resampling.BOX)
        twins += [(other, name) for other, known in seen if _distance(known, sample) < 1]
        seen.append((name, sample))
    return twins


def _decode(content: bytes, *, is_vector: bool) -> tuple[str | None, Image.Image]:
    """Return the content type that the bytes have, and the picture they make."""
    if is_vector:
        drawn = pyvips.Image.svgload_buffer(content).pngsave_buffer()
        return _VECTOR, Image.open(io.BytesIO(drawn)).convert("RGBA")
    opened = Image.open(io.BytesIO(content))
    return Image.MIME.get(opened.format or ""), opened.convert("RGBA")


def _flatten(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")


def _distance(one: Image.Image, other: Image.Image) -> float:
    samples = (image.resize(_SAMPLE, Image.Resampling.BOX) for image in (one, other))
    means = ImageStat.Stat(ImageChops.difference(*samples)).mean
    return sum(means) / len(means)
