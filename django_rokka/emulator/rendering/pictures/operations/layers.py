"""Operations that lay pictures over each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django_rokka.emulator.pixels.vips import check_pixels
from django_rokka.emulator.rendering.pictures.operations.anchors import has_pixels, place_layer
from django_rokka.emulator.rendering.pictures.operations.areas import Areas
from django_rokka.emulator.rendering.pictures.operations.effects import blur_frame
from django_rokka.emulator.rendering.pictures.operations.picture import (
    FAR,
    Picture,
    Scene,
    join_alpha,
    read_colour,
    scale_alpha,
    split_alpha,
    with_alpha,
)
from django_rokka.emulator.rendering.pictures.operations.sizes import resize, rotate
from django_rokka.emulator.rendering.plans.costs import resizing
from django_rokka.render.geometry import resized_size

__all__ = ["composition", "dropshadow", "fit_layer", "lay_over"]


def composition(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Lay the picture over or under a second one; the canvas holds both."""
    if options.get("empty_primary"):
        second = _secondary(picture, options, scene)
        scene.charge("layer", second.width * second.height * len(picture.frames))
        return replace(picture, frames=second.frames * len(picture.frames), areas=Areas())
    second = _secondary(picture, options, scene)
    width, height = max(picture.width, second.width), max(picture.height, second.height)
    check_pixels(width, height, frames=len(picture.frames))
    scene.charge("layer", width * height * len(picture.frames))
    is_above = options.get("mode", "background") == "foreground"
    over, under = (picture, second) if is_above else (second, picture)
    anchor = options.get("anchor", "center_center")
    over_at = _room(over, width, height, anchor, density=picture.density)
    under_at = _room(under, width, height, _words(anchor), density=picture.density)

    def merge(frame: Any) -> Any:
        front, back = (frame, second.frames[0]) if is_above else (second.frames[0], frame)
        return lay_over(_canvas(back, width, height, at=under_at), front, at=over_at)

    x, y = over_at if is_above else under_at
    return picture.map(merge, areas=picture.areas.map(lambda area: area.moved(-x, -y)))


def dropshadow(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Put the blurred shape of a picture behind it; the canvas grows to hold the shadow."""
    sigma = min(FAR, options.get("sigma", 0.5) * picture.density)
    spread = round(min(FAR, options.get("blur_radius", 0) * picture.density) or 2 * sigma)
    right, down = (
        round(options.get(key, 0) * picture.density) for key in ("horizontal", "vertical")
    )
    left, top = max(0, spread - right), max(0, spread - down)
    width = left + picture.width + max(0, spread + right)
    height = top + picture.height + max(0, spread + down)
    check_pixels(width, height, frames=len(picture.frames))
    scene.charge("shadow", width * height * len(picture.frames))
    colour = read_colour(options.get("color", "000000"))
    opacity = options.get("opacity", 100) / 100

    def shade(frame: Any) -> Any:
        frame = with_alpha(frame)
        _, alpha = split_alpha(frame)
        shape = alpha.embed(left + right, top + down, width, height)
        shape = _silhouette(shape, colour, opacity)
        shadow = blur_frame(shape, sigma) if sigma else shape
        return lay_over(shadow, frame, at=(left, top))

    areas = picture.areas.map(lambda area: area.moved(-left, -top))
    return picture.map(shade, areas=areas)


def fit_layer(
    picture: Picture, options: Mapping[str, Any], own_width: float, *, dpr: float
) -> tuple[dict[str, Any], float]:
    """Return options and dpr of the resize that gives a second image the size it is shown in.

    It looks the same at every density. ``own_width`` is its width at a dpr of 1.
    """
    density = _density(picture, options, dpr)
    mode = options.get("resize_mode", "box")
    if options.get("resize_to_primary"):
        width, height = picture.width / density, picture.height / density
        return {"width": width, "height": height, "mode": mode}, density
    wanted = {name: options[name] for name in ("width", "height") if name in options}
    return {**(wanted or {"width": own_width}), "mode": mode}, density


def lay_over(back: Any, front: Any, *, at: tuple[int, int]) -> Any:
    """Return a frame with another one over it; what is beyond its edges is cut off."""
    merged = with_alpha(back).composite2(with_alpha(front), "over", x=at[0], y=at[1])
    if not back.hasalpha():
        merged = merged.extract_band(0, n=merged.bands - 1)
    return merged.rint().cast("uchar").copy(interpretation="srgb")


def _box(like: Any, width: int, height: int, *, colour: str) -> Any:
    """Return an opaque frame of one colour."""
    dot = like.crop(0, 0, 1, 1).new_from_image(read_colour(colour)).cast("uchar")
    return dot.copy(interpretation="srgb").embed(0, 0, width, height, extend="copy")


def _room(
    layer: Picture, width: int, height: int, anchor: str, *, density: float
) -> tuple[int, int]:
    return place_layer(anchor, width - layer.width, height - layer.height, density=density)


def _words(anchor: str) -> str:
    """Return the anchor of the lower layer: pixels move the upper one alone."""
    return "left_top" if has_pixels(anchor) else anchor


def _secondary(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Return the second layer: the picture that was named, or a box of one colour."""
    if scene.secondary:
        second = _resized(scene.secondary, picture, options, scene)
    else:
        second = _coloured_box(picture, options, scene)
    opacity = options.get("secondary_opacity", 100) / 100
    second = second.map(lambda frame: scale_alpha(frame, opacity))
    return rotate(second, {"angle": options["angle"]}, scene) if options.get("angle") else second


def _resized(
    second: Picture, picture: Picture, options: Mapping[str, Any], scene: Scene
) -> Picture:
    """Give the named picture the size in which it is shown."""
    own_width = second.width / second.density
    wanted, density = fit_layer(picture, options, own_width, dpr=scene.dpr)
    width, height = resized_size(wanted, second.width, second.height, dpr=density)
    kind = resizing((second.width, second.height), (width, height))
    scene.charge(kind, max(second.width * second.height, width * height))
    return resize(second, wanted, Scene(dpr=density))


def _density(picture: Picture, options: Mapping[str, Any], dpr: float) -> float:
    """Return the density of the second layer: that of the picture, unless it is left out."""
    return dpr if options.get("empty_primary") else picture.density


def _coloured_box(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    density = _density(picture, options, scene.dpr)
    width, height = (
        round(options[name] * density) if name in options else side
        for name, side in (("width", picture.width), ("height", picture.height))
    )
    check_pixels(width, height)
    scene.charge("resize", width * height)
    colour = options.get("secondary_color", "000000")
    return Picture(frames=(_box(picture.frames[0], width, height, colour=colour),))


def _canvas(frame: Any, width: int, height: int, *, at: tuple[int, int]) -> Any:
    if (frame.width, frame.height) == (width, height):
        return frame
    return with_alpha(frame).embed(*at, width, height)


def _silhouette(alpha: Any, colour: list[float], opacity: float) -> Any:
    """Return one colour in the shape of an alpha channel."""
    return join_alpha(alpha.new_from_image(colour).cast("uchar"), (alpha * opacity).rint())
