"""From a source file to a rendered file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from werkzeug.exceptions import BadRequest, UnprocessableEntity

from django_rokka.emulator import vips
from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.operations import (
    OPERATIONS,
    Area,
    Picture,
    Scene,
    read_colour,
)
from django_rokka.emulator.rendering.plan import RenderPlan, Step
from django_rokka.emulator.rendering.vector import write_svg
from django_rokka.render import Operation
from django_rokka.render.geometry import resized_size

__all__ = ["render"]

# Operations that may run after the first resize as well as before it, with the same result.
_BEFORE_RESIZE = frozenset({"noop", "autorotate"})


def render(plan: RenderPlan, *, source: Path, target: Path) -> None:
    """Write the picture that a plan describes; a source that is broken gives 422."""
    try:
        if plan.format == "svg":
            _write_svg(plan, source=source, target=target)
            return
        picture, steps = _load(plan, source)
        for step in steps:
            operation = step.operation
            picture = OPERATIONS[operation.name](picture, operation.options, Scene(dpr=plan.dpr))
        image = vips.join_pages([_finish(frame, plan) for frame in picture.frames])
        vips.save(image, target, **plan.writing)
    except vips.BrokenImage as error:
        if plan.source.format == "heic":
            raise Missing(f"a decoder for this HEIC ({error})") from error
        raise UnprocessableEntity(
            f"The image {plan.source.hash} cannot be rendered: {error}. Upload a sound file."
        ) from error


def _load(plan: RenderPlan, source: Path) -> tuple[Picture, list[Step]]:
    """Load at the size of the first resize, if nothing comes before it; return what is left.

    That way a large JPEG is never decoded in full.
    """
    width, height = plan.source.width, plan.source.height
    steps = [
        step
        for step in plan.steps
        if step.operation.name not in _BEFORE_RESIZE or step.operation.options
    ]
    if steps and _only_resizes(steps[0].operation):
        options = steps.pop(0).operation.options
        width, height = resized_size(options, width, height, dpr=plan.dpr)
    image = vips.load(
        source,
        format=plan.source.format,
        width=width,
        height=height,
        with_frames=plan.has_frames,
    )
    frames = tuple(vips.split_pages(image))
    return Picture(frames=frames, subject=_subject(plan, width, height)), steps


def _only_resizes(operation: Operation) -> bool:
    return operation.name == "resize" and not operation.options.get("sharpen")


def _subject(plan: RenderPlan, width: int, height: int) -> Area | None:
    """Return the subject area in pixels of the loaded picture."""
    area: dict[str, Any] | None = plan.source.dynamic_metadata.get("subject_area")
    if not area:
        return None
    box = Area(
        float(area.get("x", 0)),
        float(area.get("y", 0)),
        float(area.get("width", 1)),
        float(area.get("height", 1)),
    )
    if area.get("percentage"):
        return box.scaled(width / 100, height / 100)
    return box.scaled(width / plan.source.width, height / plan.source.height)


def _finish(frame: Any, plan: RenderPlan) -> Any:
    if plan.background and frame.hasalpha():
        return frame.flatten(background=read_colour(plan.background))
    return frame


def _write_svg(plan: RenderPlan, *, source: Path, target: Path) -> None:
    if plan.source.format != "svg":
        raise BadRequest(
            f"The image {plan.source.hash} is a {plan.source.format} and cannot become an SVG."
            " Ask for jpg, png, webp or avif."
        )
    subject = _subject(plan, plan.source.width, plan.source.height)
    target.write_bytes(write_svg(plan, source.read_bytes(), subject=subject))
