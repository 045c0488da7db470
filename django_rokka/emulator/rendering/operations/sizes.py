"""Operations that change how large a picture is, or what part of it is seen.

Sizes are those that ``django_rokka.render.geometry`` predicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.operations.picture import (
    Area,
    Picture,
    Scene,
    read_colour,
    with_alpha,
)
from django_rokka.emulator.vips import check_pixels
from django_rokka.render.geometry import cropped_size, resized_size

__all__ = ["autorotate", "crop", "resize", "rotate"]

_ANCHORS = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}


def resize(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Scale; the size is exact, so that a mode ``box`` may distort by less than a pixel."""
    if options.get("sharpen"):
        raise Missing("the option 'sharpen' of the operation 'resize'")
    width, height = resized_size(options, picture.width, picture.height, dpr=scene.dpr)
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


def crop(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Cut out a box; the anchor says which."""
    _check_crop(options)
    width, height = cropped_size(options, picture.width, picture.height, dpr=scene.dpr)
    x, y = _crop_offset(picture, options, width, height, scene.dpr)
    subject = picture.subject and picture.subject.moved(x, y)
    return picture.map(lambda frame: frame.crop(x, y, width, height), subject=subject)


def rotate(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
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
        lambda frame: with_alpha(frame).similarity(angle=angle, background=[*colour, opacity]),
        subject=None,
    )
    # Only now the size is known; libvips makes the pixels later, when something reads them.
    check_pixels(turned.width, turned.height, frames=len(turned.frames))
    return turned


def autorotate(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Do nothing more: every source is upright already; turning to fit a format is missing."""
    if options:
        raise Missing("options of the operation 'autorotate'")
    return picture


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
