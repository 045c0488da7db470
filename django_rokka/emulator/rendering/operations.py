"""The operations on pixels. Sizes are those that ``django_rokka.render.geometry`` predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.vips import check_pixels
from django_rokka.render.geometry import cropped_size, resized_size

__all__ = ["OPERATIONS", "Area", "Picture"]

_ANCHORS = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}


class Area(NamedTuple):
    """A box in pixels of the picture as it is now."""

    x: float
    y: float
    width: float
    height: float

    def scaled(self, horizontal: float, vertical: float) -> Area:
        """Return the area after its picture was scaled."""
        return Area(
            self.x * horizontal, self.y * vertical, self.width * horizontal, self.height * vertical
        )

    def moved(self, x: float, y: float) -> Area:
        """Return the area after so much was cut off at the left and at the top."""
        return self._replace(x=self.x - x, y=self.y - y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Frames of equal size, one where nothing moves, and the area that must stay visible."""

    frames: tuple[Any, ...]
    subject: Area | None = None

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.frames[0].width)

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.frames[0].height)

    def map(self, change: Callable[[Any], Any], *, subject: Area | None) -> Picture:
        """Return a picture with every frame changed."""
        return replace(self, frames=tuple(map(change, self.frames)), subject=subject)


def resize(picture: Picture, options: Mapping[str, Any], dpr: float) -> Picture:
    """Scale; the size is exact, so that a mode ``box`` may distort by less than a pixel."""
    if options.get("sharpen"):
        raise Missing("the option 'sharpen' of the operation 'resize'")
    width, height = resized_size(options, picture.width, picture.height, dpr=dpr)
    subject = picture.subject and picture.subject.scaled(
        width / picture.width, height / picture.height
    )
    if (width, height) == (picture.width, picture.height):
        return picture
    check_pixels(width, height, frames=len(picture.frames))
    return picture.map(
        lambda frame: frame.thumbnail_image(width, height=height, size="force").copy_memory(),
        subject=subject,
    )


def crop(picture: Picture, options: Mapping[str, Any], dpr: float) -> Picture:
    """Cut out a box; the anchor says which."""
    _check_crop(options)
    width, height = cropped_size(options, picture.width, picture.height, dpr=dpr)
    x, y = _crop_offset(picture, options, width, height, dpr)
    subject = picture.subject and picture.subject.moved(x, y)
    return picture.map(lambda frame: frame.crop(x, y, width, height), subject=subject)


def rotate(picture: Picture, options: Mapping[str, Any], _dpr: float) -> Picture:
    """Turn clockwise; corners that come free are transparent or of the background's colour."""
    angle = float(options["angle"]) % 360
    if angle in {0.0, 90.0, 180.0, 270.0}:
        turn = f"d{angle:.0f}"
        return picture.map(
            lambda frame: frame.rot(turn), subject=None if angle else picture.subject
        )
    colour = read_colour(options.get("background_color", "FFFFFF"))
    opacity = options.get("background_opacity", 0) * 255 / 100
    turned = picture.map(
        lambda frame: _with_alpha(frame).similarity(angle=angle, background=[*colour, opacity]),
        subject=None,
    )
    # Only now the size is known; libvips makes the pixels later, when something reads them.
    check_pixels(turned.width, turned.height, frames=len(turned.frames))
    return turned


def autorotate(picture: Picture, options: Mapping[str, Any], _dpr: float) -> Picture:
    """Do nothing more: every source is upright already; turning to fit a format is missing."""
    if options:
        raise Missing("options of the operation 'autorotate'")
    return picture


def grayscale(picture: Picture, _options: Mapping[str, Any], _dpr: float) -> Picture:
    """Take the colour away."""
    return picture.map(
        lambda frame: frame.colourspace("b-w").colourspace("srgb"), subject=picture.subject
    )


def blur(picture: Picture, options: Mapping[str, Any], dpr: float) -> Picture:
    """Blur with a Gaussian, whose sigma is in pixels of the picture at a dpr of 1."""
    sigma = (options.get("sigma", 4) or options.get("radius", 0) / 2) * dpr
    if not sigma:
        return picture
    return picture.map(lambda frame: frame.gaussblur(sigma).cast("uchar"), subject=picture.subject)


def noop(picture: Picture, _options: Mapping[str, Any], _dpr: float) -> Picture:
    """Change nothing."""
    return picture


OPERATIONS: Mapping[str, Callable[[Picture, Mapping[str, Any], float], Picture]] = {
    "resize": resize,
    "crop": crop,
    "rotate": rotate,
    "autorotate": autorotate,
    "grayscale": grayscale,
    "blur": blur,
    "noop": noop,
}


def read_colour(text: str) -> list[float]:
    """Read ``RRGGBB``."""
    return [float(int(text[start : start + 2], 16)) for start in (0, 2, 4)]


def _check_crop(options: Mapping[str, Any]) -> None:
    if options.get("mode") in {"box", "area"}:
        raise Missing(f"the mode {options['mode']!r} of the operation 'crop'")
    for name in ("scale", "area"):
        if options.get(name, 100) != 100:
            raise Missing(f"the option {name!r} of the operation 'crop'")


def _crop_offset(
    picture: Picture, options: Mapping[str, Any], width: int, height: int, dpr: float
) -> tuple[int, int]:
    """Return the upper left corner of the box that an anchor asks for."""
    anchor = options.get("anchor", "auto")
    if anchor == "smart":
        return _smart_offset(picture, width, height)
    if anchor in {"auto", "subjectarea", "face"}:
        if picture.subject is not None and anchor != "face":
            return _subject_offset(picture, picture.subject, width, height)
        anchor = options.get("fallback", "center_center")
        if anchor in {"auto", "subjectarea", "face"}:
            anchor = "center_center"
        return _crop_offset(picture, {"anchor": anchor}, width, height, dpr)
    horizontal, vertical = anchor.replace("-", "_").split("_")
    return (
        _offset(horizontal, picture.width - width, dpr),
        _offset(vertical, picture.height - height, dpr),
    )


def _offset(anchor: str, room: int, dpr: float) -> int:
    """Return how far the box is from the edge, by a word or by pixels."""
    wanted = room * _ANCHORS[anchor] if anchor in _ANCHORS else int(anchor) * dpr
    return max(0, min(room, round(wanted)))


def _subject_offset(picture: Picture, subject: Area, width: int, height: int) -> tuple[int, int]:
    """Put the middle of the subject area into the middle of the box, as far as there is room."""
    x = subject.x + subject.width / 2 - width / 2
    y = subject.y + subject.height / 2 - height / 2
    return (
        max(0, min(picture.width - width, round(x))),
        max(0, min(picture.height - height, round(y))),
    )


def _smart_offset(picture: Picture, width: int, height: int) -> tuple[int, int]:
    """Let libvips find what draws attention; all frames are cut alike, as in the first."""
    box = picture.frames[0].smartcrop(width, height, interesting="attention")
    return -int(box.xoffset), -int(box.yoffset)


def _with_alpha(frame: Any) -> Any:
    return frame if frame.hasalpha() else frame.bandjoin(255)
