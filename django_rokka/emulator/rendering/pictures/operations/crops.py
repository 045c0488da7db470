"""The operation that cuts out a part of a picture.

Sizes are those that ``django_rokka.render.geometry`` predicts, where no area decides them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django_rokka.emulator.rendering.pictures.operations.anchors import place
from django_rokka.emulator.rendering.pictures.operations.areas import Area, Areas
from django_rokka.emulator.rendering.pictures.operations.picture import Picture, Scene
from django_rokka.render.geometry import cropped_size, whole_pixels

__all__ = ["crop"]

# The areas that an anchor stands for, the first that there is.
_SOUGHT = {
    "auto": ("subject", "crop", "face"),
    "subjectarea": ("subject", "crop"),
    "croparea": ("crop",),
    "face": ("face",),
}


class _Found(NamedTuple):
    area: Area
    is_exact: bool
    """Whether it is cut out as it is, whatever size was asked for."""


def crop(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Cut out a box; the anchor or an area says which, and an area may say how large."""
    anchor = _choose_anchor(picture, options)
    width, height = _size(picture, options, anchor)
    if isinstance(anchor, _Found):
        x, y = _around(picture, _move(picture, anchor.area, options), width, height)
    elif anchor == "smart":
        x, y = _smart_offset(picture, width, height)
    else:
        x, y = _offsets(picture, anchor, width, height)
    return picture.map(
        lambda frame: frame.crop(x, y, width, height),
        areas=picture.areas.map(lambda area: area.moved(x, y)),
    )


def _choose_anchor(picture: Picture, options: Mapping[str, Any]) -> str | _Found:
    """Return the area to crop on; where the image has none, the words that say where."""
    named = picture.areas.named.get(options.get("area", ""))
    if named and (found := _find_area(picture, named, _SOUGHT["auto"])):
        return found
    for anchor in _anchors(options):
        if anchor not in _SOUGHT:
            return anchor
        if found := _find_area(picture, picture.areas, _SOUGHT[anchor]):
            return found
    return "center_center"


def _anchors(options: Mapping[str, Any]) -> Iterator[str]:
    anchor = options.get("anchor", "auto")
    if options.get("mode") in {"box", "area"} and anchor not in _SOUGHT:
        yield "auto"  # these modes are about an area, also where the anchor names a place
    yield anchor
    yield options.get("fallback", "center_center")


def _find_area(picture: Picture, areas: Areas, kinds: tuple[str, ...]) -> _Found | None:
    """Return the first of these areas of which the picture still shows something."""
    for kind in kinds:
        area: Area | None = getattr(areas, kind)
        if area and (visible := area.clipped(picture.width, picture.height)):
            return _Found(visible, is_exact=kind == "crop")
    return None


def _size(picture: Picture, options: Mapping[str, Any], anchor: str | _Found) -> tuple[int, int]:
    mode = options.get("mode")
    if not isinstance(anchor, _Found) or not (anchor.is_exact or mode in {"box", "area"}):
        return cropped_size(options, picture.width, picture.height, dpr=picture.density)
    width, height = anchor.area.width, anchor.area.height
    if not anchor.is_exact and mode == "area":
        ratio = options["width"] / options["height"]
        width, height = max(width, height * ratio), max(height, width / ratio)
    factor = min(1, picture.width / width, picture.height / height)
    factor *= options.get("scale", 100) / 100
    return (
        whole_pixels(min(picture.width, width * factor)),
        whole_pixels(min(picture.height, height * factor)),
    )


def _move(picture: Picture, area: Area, options: Mapping[str, Any]) -> Area:
    """Move an area by percents of the picture."""
    return area.moved(
        -picture.width * options.get("movearea_x", 0) / 100,
        -picture.height * options.get("movearea_y", 0) / 100,
    )


def _around(picture: Picture, area: Area, width: int, height: int) -> tuple[int, int]:
    """Put the middle of an area into the middle of the box, as far as there is room."""
    return (
        _within(area.x + (area.width - width) / 2, picture.width - width),
        _within(area.y + (area.height - height) / 2, picture.height - height),
    )


def _offsets(picture: Picture, anchor: str, width: int, height: int) -> tuple[int, int]:
    """Return the upper left corner of the box by words or by pixels."""
    across, down = picture.width - width, picture.height - height
    x, y = place(anchor, across, down, density=picture.density)
    return _within(x, across), _within(y, down)


def _within(offset: float, room: int) -> int:
    return max(0, min(room, round(offset)))


def _smart_offset(picture: Picture, width: int, height: int) -> tuple[int, int]:
    """Let libvips find what draws attention; all frames are cut alike, as in the first."""
    box = picture.frames[0].smartcrop(width, height, interesting="attention")
    return -int(box.xoffset), -int(box.yoffset)
