"""From a source file to a rendered file."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from werkzeug.exceptions import ServiceUnavailable, UnprocessableEntity

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.pixels import vips
from django_rokka.emulator.rendering.output.vector import write_svg
from django_rokka.emulator.rendering.output.writing import flatten, write_picture
from django_rokka.emulator.rendering.pictures.operations import (
    OPERATIONS,
    Areas,
    Picture,
    Scene,
    read_areas,
)
from django_rokka.emulator.rendering.pictures.operations.layers import fit_layer
from django_rokka.emulator.rendering.pictures.svg_changes import changed_source
from django_rokka.emulator.rendering.plans.costs import Work, resizing
from django_rokka.emulator.rendering.plans.plan import RenderPlan, Step
from django_rokka.emulator.store import StoredImage
from django_rokka.render import Operation
from django_rokka.render.geometry import rendered_size, resized_size

__all__ = ["render"]

# Operations that may run after the first resize as well as before it, with the same result.
_BEFORE_RESIZE = frozenset({"noop", "autorotate"})
# Operations on an SVG, which are done when there are pixels.
_ON_DRAWINGS = frozenset({"svgdynamic", "svg2bitmap"})
# Of a sharpen that looks at close neighbours only.
_NARROW_SIGMA = 2
# Sources that have no pixels before they have a size.
_DRAWN = frozenset({"svg", "pdf"})
Sources = Callable[[StoredImage], Path]
"""Where the file of an image or font is that an operation names."""


def render(
    plan: RenderPlan, *, source: Path, target: Path, sources: Sources, seconds: float = 8
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
            work = Work(longest=seconds)
            picture, timing = _draw(plan, source=source, sources=sources, work=work, until=until)
            return write_picture(picture, plan, target, timing=timing, work=work, until=until)
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
        # A drawing's bytes say nothing of its pixels.
        work.admit(0 if drawn.source.format == "svg" else path.stat().st_size)
        picture, steps, timing = _load(drawn, path, work=work, until=until)
    _check_time(until)
    for step in steps:
        operation = step.operation
        _charge(work, picture, operation, dpr=plan.dpr_of(step))
        fitted = _fitted(plan, step, picture)
        scene = _scene(plan, fitted, sources=sources, work=work, until=until)
        picture = OPERATIONS[operation.name](picture, operation.options, scene)
        # At once: a later operation may look at the pixels more than once.
        picture = picture.map(partial(_make, until=until))
    return picture, timing


def _scene(plan: RenderPlan, step: Step, *, sources: Sources, work: Work, until: float) -> Scene:
    """Bring what an operation names: a second picture, or a font."""
    scene = Scene(dpr=plan.dpr_of(step), charge=work.charge)
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
    background = step.secondary.background
    return replace(scene, secondary=secondary.map(partial(flatten, background=background)))


def _fitted(plan: RenderPlan, step: Step, picture: Picture) -> Step:
    """Return the step with a second drawing that is drawn at once in the size it is shown in."""
    second, options = step.secondary, step.operation.options
    if second is None or second.source.format not in _DRAWN:
        return step
    names = {inner.operation.name for inner in second.steps}
    # A drawing that svgdynamic changes may get a width of its own.
    has_width = "svgdynamic" not in names or bool(
        options.keys() & {"width", "height", "resize_to_primary"}
    )
    if names - _ON_DRAWINGS or not has_width:
        return step
    wanted, density = fit_layer(picture, options, second.size[0], dpr=plan.dpr_of(step))
    resize = Step(Operation("resize", **wanted))
    second = replace(second, steps=(*second.steps, resize), dpr=density)
    return step._replace(secondary=second)


def _charge(work: Work, picture: Picture, operation: Operation, *, dpr: float) -> None:
    """Count the larger one of the pictures before and after an operation."""
    before = (picture.width, picture.height)
    after = _size_after(picture, operation, dpr=dpr)
    frames = len(picture.frames)
    vips.check_pixels(*after, frames=frames)
    pixels = max(before[0] * before[1], after[0] * after[1])
    work.charge(_kind(operation, before, after), pixels, frames=frames)
    if operation.name == "resize" and operation.options.get("sharpen"):
        work.charge("sharpen", after[0] * after[1], frames=frames)


def _size_after(picture: Picture, operation: Operation, *, dpr: float) -> tuple[int, int]:
    size = picture.width, picture.height
    if operation.name == "resize":
        return resized_size(operation.options, *size, dpr=dpr, density=picture.density)
    return rendered_size([operation], *size) or size


def _kind(operation: Operation, before: tuple[int, int], after: tuple[int, int]) -> str:
    """Return what an operation is called where its cost is known."""
    if operation.name == "resize":
        return resizing(before, after)
    if "smart" in {operation.options.get("anchor"), operation.options.get("fallback")}:
        return "smart crop"
    is_wide = operation.name == "sharpen" and operation.options.get("sigma", 0) > _NARROW_SIGMA
    return "wide sharpen" if is_wide else operation.name


def _make(frame: Any, *, until: float) -> Any:
    """Make the pixels of a frame."""
    _check_time(until)
    vips.watch(frame, until=until)
    return frame.copy_memory()


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
        first = steps.pop(0)
        density = plan.dpr_of(first)
        width, height = resized_size(first.operation.options, width, height, dpr=density)

    def check(promise: vips.Promise) -> None:
        vips.check_pixels(promise.width, promise.height, frames=promise.frames)
        is_drawn = plan.source.format in _DRAWN
        kind = "resize" if is_drawn else resizing(plan.size, (promise.width, promise.height))
        work.load(promise, plan.source.format, resizing=kind)

    image = vips.load(
        source,
        format=plan.source.format,
        width=width,
        height=height,
        with_frames=plan.has_frames,
        pages=plan.pages,
        check=check,
        spend=partial(work.spend, what="drawing"),
        until=until,
    )
    frames, areas = tuple(vips.split_pages(image)), _areas(plan, width, height)
    return Picture(frames=frames, areas=areas, density=density), steps, vips.read_timing(image)


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
