"""Operations that change how large a picture is, or which way it is up.

Sizes are those that ``django_rokka.render.geometry`` predicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django_rokka.emulator.pixels.vips import check_pixels
from django_rokka.emulator.rendering.pictures.operations.areas import Area
from django_rokka.emulator.rendering.pictures.operations.effects import sharpen
from django_rokka.emulator.rendering.pictures.operations.picture import (
    Picture,
    Scene,
    read_colour,
    with_alpha,
)
from django_rokka.render.geometry import resized_size, turns_to_fit

__all__ = ["autorotate", "resize", "rotate", "trim"]

# Above this, in bits of the histogram of all colours, a picture is taken for a photo.
_ENTROPY_OF_PHOTOS = 5
_QUARTERS = frozenset({0.0, 90.0, 180.0, 270.0})


def resize(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Scale; the size is exact, so that a mode ``box`` may distort by less than a pixel."""
    width, height = resized_size(
        options, picture.width, picture.height, dpr=scene.dpr, density=picture.density
    )
    check_pixels(width, height, frames=len(picture.frames))
    resized = replace(picture, density=scene.dpr)
    if (width, height) == (picture.width, picture.height):
        return resized
    by = width / picture.width, height / picture.height
    resized = resized.map(
        lambda frame: frame.thumbnail_image(width, height=height, size="force").copy_memory(),
        areas=picture.areas.map(lambda area: area.scaled(*by)),
    )
    is_smaller = width <= picture.width and height <= picture.height
    if options.get("sharpen") and is_smaller and _is_photo(picture):
        return sharpen(resized, {}, scene)
    return resized


def rotate(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Turn clockwise; corners that come free are transparent or of the background's colour."""
    angle = float(options["angle"]) % 360
    if angle in _QUARTERS:
        return _turned(picture, angle, lambda frame: frame.rot(f"d{angle:.0f}"))
    colour = read_colour(options.get("background_color", "FFFFFF"))
    background = [*colour, options.get("background_opacity", 0) * 255 / 100]

    def turn(frame: Any) -> Any:
        turned = with_alpha(frame).similarity(angle=angle, background=background)
        # The size is known by now, and no pixel is made yet.
        check_pixels(turned.width, turned.height, frames=len(picture.frames))
        scene.charge("turn", turned.width * turned.height)
        return turned.copy_memory()

    return _turned(picture, angle, turn)


def autorotate(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Turn by 90 degrees to fit a format; every source is upright already."""
    if not turns_to_fit(options, picture.width, picture.height):
        return picture
    is_back = options.get("rotation_direction") == "counterclockwise"
    return rotate(picture, {"angle": 270 if is_back else 90}, scene)


def trim(picture: Picture, options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Cut off edges that look like the upper left corner, from all frames alike.

    A picture that looks like it everywhere stays as it is.
    """
    frames = [
        frame.premultiply() if frame.hasalpha() else frame.cast("float") for frame in picture.frames
    ]
    background = frames[0].getpoint(0, 0)
    threshold = options.get("fuzzy", 0) * 255 / 100
    found = [
        box for frame in frames if (box := _find_content(frame, background, threshold)) is not None
    ]
    if not found:
        return picture
    x, y = int(min(box.x for box in found)), int(min(box.y for box in found))
    width = int(max(box.x + box.width for box in found)) - x
    height = int(max(box.y + box.height for box in found)) - y
    return picture.map(
        lambda frame: frame.crop(x, y, width, height),
        areas=picture.areas.map(lambda area: area.moved(x, y)),
    )


def _is_photo(picture: Picture) -> bool:
    """Judge by the first frame, as rokka does by the source."""
    colours = picture.frames[0].extract_band(0, n=min(3, picture.frames[0].bands))
    return bool(colours.hist_find().hist_entropy() > _ENTROPY_OF_PHOTOS)


def _turned(picture: Picture, angle: float, turn: Any) -> Picture:
    """Return a picture with every frame turned, and the areas with them."""
    turned = picture.map(turn)
    before, after = (picture.width, picture.height), (turned.width, turned.height)
    areas = picture.areas.map(lambda area: area.turned(angle, before=before, after=after))
    return replace(turned, areas=areas)


def _find_content(frame: Any, background: list[float], threshold: float) -> Area | None:
    """Return what is not background; where all is transparent, colours do not count."""
    differs = ((frame - background).abs() > threshold).bandor()
    box = Area(*differs.find_trim(threshold=0, background=[0], line_art=True))
    return box if box.width else None
