"""What one render comes to: operations, a format, how it is written, and a name for the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.negotiation import (
    background_of,
    check_format,
    choose_format,
    write_options,
)
from django_rokka.emulator.schemas import check_is_rendered, check_operation, check_options
from django_rokka.emulator.store import StoredImage
from django_rokka.emulator.vips import RENDERED_SOURCES, check_pixels
from django_rokka.render import Operation, rendered_size

__all__ = ["RenderPlan", "Step", "make_plan"]

# Part of every key: another value makes earlier renders in a root void.
_VERSION = 1
_MISSING_OPTIONS = {"basestack": None, "dpi": None, "jpg.transparency.convert": False}


class Step(NamedTuple):
    """An operation with checked options, and what it names besides its picture."""

    operation: Operation
    secondary: RenderPlan | None = None
    font: StoredImage | None = None

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
    format: str
    dpr: float
    writing: Mapping[str, Any]
    background: str | None

    @property
    def key(self) -> str:
        """A name for the result: the same for every render that gives the same bytes."""
        parts = [
            _VERSION,
            self.source.file_hash,
            self.source.dynamic_metadata,
            [step.key for step in self.steps],
            [self.format, self.dpr, dict(self.writing), self.background],
        ]
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def has_frames(self) -> bool:
        """Whether an animation stays one."""
        return self.source.animated and self.format in {"gif", "webp"}


def make_plan(
    source: StoredImage,
    *,
    operations: tuple[Operation, ...],
    options: Mapping[str, Any],
    format: str,
    accept: str,
    attach: Callable[[Operation], Step] = Step,
) -> RenderPlan:
    """Check everything that was asked for; 400 for what is wrong, 501 for what is missing.

    ``attach`` finds what an operation names.
    """
    checked = tuple(check_operation(operation) for operation in operations)
    for operation in checked:
        check_is_rendered(operation)
    known = check_options(options)
    _check_missing(known)
    dpr = known.get("dpr", 1)
    if dpr != 1 and not any(operation.name == "resize" for operation in checked):
        raise BadRequest(
            f"The option dpr={dpr:g} needs a resize operation in the stack. Add one, or leave"
            " the option out."
        )
    _check_source(source)
    written = choose_format(check_format(format), known, accept=accept)
    plan = RenderPlan(
        source=source,
        steps=tuple(map(attach, checked)),
        format=written,
        dpr=dpr,
        writing=write_options(written, known, requested=format, dpr=dpr),
        background=background_of(written, known),
    )
    _check_size(plan)
    return plan


def _check_missing(options: Mapping[str, Any]) -> None:
    for name, harmless in _MISSING_OPTIONS.items():
        if options.get(name, harmless) != harmless:
            raise Missing(f"the stack option {name!r}")
    if options.get("jpg.transparency.autoformat", "false") != "false":
        raise Missing("the stack option 'jpg.transparency.autoformat'")


def _check_source(source: StoredImage) -> None:
    if source.format not in RENDERED_SOURCES:
        raise Missing(f"rendering of {source.format} files (it stores them)")


def _check_size(plan: RenderPlan) -> None:
    """Refuse early what is known to be too large; the operations check what is not known here."""
    width, height = plan.source.width, plan.source.height
    operations = [step.operation for step in plan.steps]
    for count in range(len(operations) + 1):
        size = rendered_size(operations[:count], width, height, dpr=plan.dpr)
        if size is not None:
            check_pixels(*size)
