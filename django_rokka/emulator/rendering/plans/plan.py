"""What one render comes to: operations, a format, how it is written, and a name for the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest, UnprocessableEntity

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.pixels.vips import can_read, check_pixels
from django_rokka.emulator.rendering.plans.drawings import stays_drawing
from django_rokka.emulator.rendering.plans.negotiation import (
    Choices,
    Wish,
    background_of,
    check_format,
    choose,
)
from django_rokka.emulator.rendering.plans.qualities import check_sides
from django_rokka.emulator.schemas import check_is_rendered, check_operation, check_options
from django_rokka.emulator.store import StoredImage
from django_rokka.render import Operation, rendered_size

__all__ = ["RenderPlan", "Step", "make_plan"]

# Part of every key: another value makes earlier renders in a root void.
_VERSION = 3
# The size of a PDF is known in points, of which an inch has so many.
_POINTS = 72
_NARROW = 1000
# More are no picture's, and every one is checked together with those before it.
_MAX_OPERATIONS = 200


class Step(NamedTuple):
    """An operation with checked options, and what it names besides its picture."""

    operation: Operation
    secondary: RenderPlan | None = None
    font: StoredImage | None = None
    is_base: bool = False
    """Whether a base stack has it, on whose pixels the dpr has no influence."""

    @property
    def key(self) -> list[Any]:
        """What decides the result of the step."""
        return [
            self.operation.name,
            dict(self.operation.options),
            self.secondary and self.secondary.key,
            self.font and self.font.file_hash,
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPlan:
    """Everything that decides the bytes of a render, and nothing else."""

    source: StoredImage
    steps: tuple[Step, ...]
    choices: Choices
    dpr: float
    background: str | None
    has_frames: bool
    """Whether an animation stays one."""
    is_drawing: bool
    """Whether an SVG stays one."""
    pages: Mapping[str, int]
    """Which page of a document is drawn, and how finely."""

    @property
    def key(self) -> str:
        """A name for the result: the same for every render that gives the same bytes."""
        parts = [
            _VERSION,
            self.source.file_hash,
            self.source.dynamic_metadata,
            [[*step.key, self.dpr_of(step)] for step in self.steps],
            [self.choices, self.dpr, self.background],
            [self.has_frames, self.is_drawing, dict(self.pages)],
        ]
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def format(self) -> str:
        """The format that is written unless the pixels demand another one."""
        return self.choices.usual.format

    @property
    def possible_formats(self) -> tuple[str, ...]:
        """The formats of which one is written, the likeliest first."""
        return self.choices.formats

    def dpr_of(self, step: Step) -> float:
        """Return by how much a step multiplies the sizes in its options."""
        return 1 if step.is_base else self.dpr

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the source as it is drawn."""
        scale = self.pages.get("dpi", _POINTS) / _POINTS
        return round(self.source.width * scale), round(self.source.height * scale)


def make_plan(
    source: StoredImage,
    *,
    operations: tuple[Operation, ...],
    options: Mapping[str, Any],
    format: str,
    accept: str,
    attach: Callable[[tuple[Operation, ...]], tuple[Step, ...]],
) -> RenderPlan:
    """Check everything that was asked for; 400 for what is wrong, 501 for what is missing.

    ``attach`` finds what the operations name.
    """
    checked = tuple(check_operation(operation) for operation in _limited(operations))
    for operation in checked:
        check_is_rendered(operation)
    known = check_options(options)
    _check_missing(known)
    dpr = known.get("dpr", 1)
    _check_dpr(dpr, checked)
    _check_source(source)
    is_drawing = source.format == "svg" and stays_drawing(checked)
    requested = check_format(format)
    choices = choose(Wish(requested, known, accept, source.animated, is_drawing))
    plan = RenderPlan(
        source=source,
        steps=attach(checked),
        choices=choices,
        dpr=dpr,
        background=background_of(requested, known),
        has_frames=source.animated and requested in {"gif", "webp"},
        is_drawing=is_drawing and choices.usual.format == "svg",
        pages=_pages(source, known),
    )
    _check_size(plan)
    return plan


def _limited(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    if len(operations) > _MAX_OPERATIONS:
        raise BadRequest(
            f"The render has {len(operations)} operations, must have at most {_MAX_OPERATIONS}."
            " Leave some out."
        )
    return operations


def _check_missing(options: Mapping[str, Any]) -> None:
    if "basestack" in options:
        raise Missing("the stack option 'basestack'")
    if "dpi" in options and not options.get("optim.disable_all"):
        raise BadRequest("The stack option dpi needs optim.disable_all. Set it to true, too.")


def _check_dpr(dpr: float, operations: tuple[Operation, ...]) -> None:
    if dpr != 1 and not any(operation.name == "resize" for operation in operations):
        raise BadRequest(
            f"The option dpr={dpr:g} needs a resize operation in the stack. Add one, or leave"
            " the option out."
        )


def _check_source(source: StoredImage) -> None:
    if not can_read(source.format):
        raise Missing(f"rendering of {source.format} files (it stores them)")
    if not source.width or not source.height:
        raise UnprocessableEntity(
            f"The image {source.hash} cannot be rendered: its size is not known. Upload one that"
            " has a width and a height."
        )


def _pages(source: StoredImage, options: Mapping[str, Any]) -> dict[str, int]:
    if source.format != "pdf":
        return {}
    dpi = options.get("pdf.dpi", 200)
    is_narrow = source.width * dpi / _POINTS < _NARROW
    return {"page": options.get("pdf.page", 1) - 1, "dpi": dpi * 2 if is_narrow else dpi}


def _check_size(plan: RenderPlan) -> None:
    """Refuse early what is known to be too large; the operations check what is not known here."""
    size: tuple[int, int] | None = plan.size
    # Steps of base stacks come before all others.
    for is_base, dpr in ((True, 1.0), (False, plan.dpr)):
        operations = [step.operation for step in plan.steps if step.is_base is is_base]
        size = _check_sizes(operations, size, dpr=dpr) if size else None
    if size and len(plan.choices.outputs) == 1:
        check_sides(plan.format, *size)


def _check_sizes(
    operations: list[Operation], size: tuple[int, int], *, dpr: float
) -> tuple[int, int] | None:
    """Check the size after each operation, and return the last one, if it is known here."""
    after: tuple[int, int] | None = size
    for count in range(len(operations) + 1):
        after = rendered_size(operations[:count], *size, dpr=dpr)
        if after is not None:
            check_pixels(*after)
    return after
