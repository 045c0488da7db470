"""From finished frames to a file in the format that fits them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django_rokka.emulator.pixels import vips
from django_rokka.emulator.rendering.output import blurhash
from django_rokka.emulator.rendering.output.wrapping import wrap_masked, wrap_whole
from django_rokka.emulator.rendering.pictures.kinds import (
    has_visible_alpha,
    is_graphic,
    measure_busyness,
)
from django_rokka.emulator.rendering.pictures.operations import Picture, read_colour
from django_rokka.emulator.rendering.plans.costs import Work
from django_rokka.emulator.rendering.plans.plan import RenderPlan
from django_rokka.emulator.rendering.plans.qualities import Output, check_sides, choose_output

__all__ = ["flatten", "write_picture"]

_WHITE = "FFFFFF"
# Longest side of the picture of which a BlurHash is made: its waves are much longer.
_BLURRED = 32


def write_picture(
    picture: Picture,
    plan: RenderPlan,
    target: Path,
    *,
    timing: vips.Timing,
    work: Work,
    until: float,
) -> str:
    """Write a file, whatever it is called, and return its format."""
    frames = [flatten(frame, plan.background) for frame in picture.frames]
    if len(plan.choices.outputs) > 1:
        # Looked at, and then written: the pixels are made once.
        frames = [frame.copy_memory() for frame in frames]
        for frame in frames:
            vips.watch(frame, until=until)
        work.charge("look", picture.width * picture.height)
    output = _pick(plan, frames, work)
    _charge(frames, output, work)
    if output.format == "blur":
        target.write_text(_blurhash(frames[0]), encoding="ascii")
    elif output.format == "svg":
        target.write_bytes(_wrap(frames[0], plan, output))
    else:
        if output.format == "jpg":
            frames = [flatten(frame, _WHITE) for frame in frames]
        image = vips.join_pages(frames, timing=timing)
        vips.save(image, target, format=output.format, dpi=output.dpi, **output.options)
    return output.format


def flatten(frame: Any, background: str | None) -> Any:
    """Put a colour behind a frame, which has no alpha then."""
    if background and frame.hasalpha():
        return frame.flatten(background=read_colour(background))
    return frame


def _pick(plan: RenderPlan, frames: list[Any], work: Work) -> Output:
    """Look at the pixels where they decide."""
    choices, frame = plan.choices, frames[0]
    if choices.transparent and has_visible_alpha(frame):
        return choices.transparent
    if choices.graphic and is_graphic(frame):
        for output in (choices.usual, choices.graphic):
            _charge(frames[:1], output, work)
        is_larger = choices.is_smaller_only and _size(frame, choices.graphic) > _size(
            frame, choices.usual
        )
        return choices.usual if is_larger else choices.graphic
    if choices.photo and not is_graphic(frame):
        is_lost = choices.photo.format == "jpg" and has_visible_alpha(frame)
        return choices.usual if is_lost else choices.photo
    return choices.usual


def _charge(frames: list[Any], output: Output, work: Work) -> None:
    check_sides(output.format, frames[0].width, frames[0].height)

    def busyness() -> float:
        return max(measure_busyness(frame) for frame in frames)

    work.write(output, frames[0].width * frames[0].height * len(frames), busyness)


def _size(frame: Any, output: Output) -> int:
    return len(vips.encode(frame, format=output.format, **output.options))


def _wrap(frame: Any, plan: RenderPlan, output: Output) -> bytes:
    options = output.options
    if output is plan.choices.transparent:
        check_sides("jpg", frame.width, frame.height)
        return wrap_masked(frame, choose_output("jpg", options), choose_output("png", options))
    return wrap_whole(frame, choose_output("png", options))


def _blurhash(frame: Any) -> str:
    small = flatten(frame, _WHITE).thumbnail_image(_BLURRED, height=_BLURRED, size="down")
    bands = [band.tolist() for band in small.bandsplit()]
    return blurhash.encode([list(zip(*rows, strict=True)) for rows in zip(*bands, strict=True)])
