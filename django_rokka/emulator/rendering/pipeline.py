"""From a source file to a rendered file."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from werkzeug.exceptions import ServiceUnavailable, UnprocessableEntity

from django_rokka.emulator import vips
from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.costs import Work
from django_rokka.emulator.rendering.operations import (
    OPERATIONS,
    Areas,
    Picture,
    Scene,
    read_areas,
)
from django_rokka.emulator.rendering.plan import RenderPlan, Step
from django_rokka.emulator.rendering.svg_changes import changed_source
from django_rokka.emulator.rendering.vector import write_svg
from django_rokka.emulator.rendering.writing import write_picture
from django_rokka.emulator.store import StoredImage
from django_rokka.render import Operation
from django_rokka.render.geometry import rendered_size, resized_size

__all__ = ["render"]

# Operations that may run after the first resize as well as before it, with the same result.
_BEFORE_RESIZE = frozenset({"noop", "autorotate"})
# Operations on an SVG, which are done when there are pixels.
_ON_DRAWINGS = frozenset({"svgdynamic", "svg2bitmap"})
Sources = Callable[[StoredImage], Path]
"""Where the file of an image or font is that an operation names."""


def render(
    plan: RenderPlan, *, source: Path, target: Path, sources: Sources, seconds: float = 10
) -> str:
    """Write the picture that a plan describes, and return its format.

    The name of the target says nothing. A source that is broken gives 422, and a render that takes
    longer than this, 503.
    """
    until = time.monotonic() + seconds
    try:
        with vips.translating(source):
            if plan.is_drawing:
                _write_svg(plan, source=source, target=target)
                return plan.format
            picture, timing = _draw(plan, source=source, sources=sources, work=Work(), until=until)
            return write_picture(picture, plan, target, timing=timing, until=until)
    except vips.BrokenImage as error:
        if time.monotonic() > until:
            raise ServiceUnavailable(
                f"The render took longer than {seconds:g} seconds and was given up. Ask for less,"
                " or raise the setting render_seconds."
            ) from error
        if plan.source.format == "heic":
            raise Missing(f"a decoder for this HEIC ({error})") from error
        raise UnprocessableEntity(
            f"The image {plan.source.hash} cannot be rendered: {error}. Upload a sound file."
        ) from error


def _draw(
    plan: RenderPlan, *, source: Path, sources: Sources, work: Work, until: float
) -> tuple[Picture, vips.Timing]:
    """Return the picture that a plan describes, before it is written."""
    with changed_source(plan, source) as (drawn, path):
        width, height = drawn.size
        work.admit(width * height)
        picture, steps, timing = _load(drawn, path, work=work, until=until)
    _check_time(until)
    for step in steps:
        operation = step.operation
        _charge(work, plan, picture, operation)
        scene = _scene(plan, step, sources=sources, work=work, until=until)
        picture = OPERATIONS[operation.name](picture, operation.options, scene)
        for frame in picture.frames:
            vips.watch(frame, until=until)
        _check_time(until)
    return picture, timing


def _scene(plan: RenderPlan, step: Step, *, sources: Sources, work: Work, until: float) -> Scene:
    """Bring what an operation names: a second picture, or a font."""
    scene = Scene(dpr=plan.dpr)
    if step.font:
        return replace(scene, font=sources(step.font))
    if not step.secondary:
        return scene
    image = step.secondary.source
    source = sources(image)
    try:
        secondary, _ = _draw(step.secondary, source=source, sources=sources, work=work, until=until)
    except vips.BrokenImage as error:
        raise vips.BrokenImage(f"its secondary image {image.hash} is broken, {error}") from error
    return replace(scene, secondary=secondary)


def _charge(work: Work, plan: RenderPlan, picture: Picture, operation: Operation) -> None:
    """Count the larger one of the pictures before and after an operation."""
    before = (picture.width, picture.height)
    after = rendered_size([operation], *before, dpr=plan.dpr) or before
    frames = len(picture.frames)
    vips.check_pixels(*after, frames=frames)
    work.charge(operation.name, max(before[0] * before[1], after[0] * after[1]) * frames)


def _check_time(until: float) -> None:
    if time.monotonic() > until:
        raise vips.BrokenImage("it takes too long")


def _load(
    plan: RenderPlan, source: Path, *, work: Work, until: float
) -> tuple[Picture, list[Step], vips.Timing]:
    """Load at the size of the first resize, if nothing comes before it; return what is left.

    That way a large JPEG is never decoded in full.
    """
    width, height = plan.size
    density = 1.0
    steps = [
        step
        for step in plan.steps
        if step.operation.name not in _ON_DRAWINGS
        and (step.operation.name not in _BEFORE_RESIZE or step.operation.options)
    ]
    if steps and _only_resizes(steps[0].operation):
        options = steps.pop(0).operation.options
        width, height = resized_size(options, width, height, dpr=plan.dpr)
        density = plan.dpr

    def check(width: int, height: int, frames: int) -> None:
        vips.check_pixels(width, height, frames=frames)
        work.charge("resize", width * height * frames)

    image = vips.load(
        source,
        format=plan.source.format,
        width=width,
        height=height,
        with_frames=plan.has_frames,
        pages=plan.pages,
        check=check,
        until=until,
    )
    frames = tuple(vips.split_pages(image))
    areas = _areas(plan, width, height)
    picture = Picture(frames=frames, areas=areas, density=density)
    return picture, steps, vips.read_timing(image)


def _only_resizes(operation: Operation) -> bool:
    return operation.name == "resize" and not operation.options.get("sharpen")


def _areas(plan: RenderPlan, width: int, height: int) -> Areas:
    """Return the areas in pixels of a picture that shows all of the source in this size."""
    source = plan.source
    areas = read_areas(source.dynamic_metadata, source.width, source.height)
    return areas.map(lambda area: area.scaled(width / source.width, height / source.height))


def _write_svg(plan: RenderPlan, *, source: Path, target: Path) -> None:
    with changed_source(plan, source) as (drawn, path):
        areas = _areas(drawn, drawn.source.width, drawn.source.height)
        target.write_bytes(write_svg(drawn, path.read_bytes(), areas=areas))
