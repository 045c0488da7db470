"""SVG that stays SVG: what is cut out is a view onto the whole drawing."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import quoteattr

from django_rokka.emulator.rendering.pictures.operations import (
    OPERATIONS,
    Area,
    Areas,
    Picture,
    Scene,
)
from django_rokka.emulator.rendering.plans.plan import RenderPlan

__all__ = ["write_svg"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """A frame without pixels: which part of a drawing is shown, and how large.

    ``shown`` is measured in the drawing after it was turned, of which ``drawn`` is the size.
    """

    shown: Area
    drawn: tuple[int, int]
    width: int
    height: int
    angle: int = 0

    def thumbnail_image(self, width: int, *, height: int, size: str) -> _View:
        """Scale, as a frame of pixels does; ``size`` is ``force`` in both."""
        return replace(self, width=width, height=height)

    def crop(self, x: int, y: int, width: int, height: int) -> _View:
        """Cut out, as a frame of pixels does."""
        horizontal, vertical = self.shown.width / self.width, self.shown.height / self.height
        part = Area(x, y, width, height).scaled(horizontal, vertical)
        return replace(
            self, shown=part.moved(-self.shown.x, -self.shown.y), width=width, height=height
        )

    def rot(self, turn: str) -> _View:
        """Turn by quarters, from ``d0`` to ``d270``, as a frame of pixels does."""
        angle = int(turn.removeprefix("d"))
        is_aside = angle in {90, 270}
        drawn = self.drawn[::-1] if is_aside else self.drawn
        return _View(
            shown=self.shown.turned(angle, before=self.drawn, after=drawn),
            drawn=drawn,
            width=self.height if is_aside else self.width,
            height=self.width if is_aside else self.height,
            angle=(self.angle + angle) % 360,
        )

    def copy_memory(self) -> _View:
        """Return itself: there are no pixels."""
        return self


def write_svg(plan: RenderPlan, drawing: bytes, *, areas: Areas) -> bytes:
    """Return an SVG of the planned size; one that nothing changes stays byte by byte."""
    width, height = plan.source.width, plan.source.height
    whole = Area(0, 0, width, height)
    view = _View(shown=whole, drawn=(width, height), width=width, height=height)
    picture = Picture(frames=(view,), areas=areas)
    for step in plan.steps:
        # What is drawn anew at every size has lost no sharpness.
        options = {**step.operation.options, "sharpen": False}
        scene = Scene(dpr=plan.dpr_of(step))
        picture = OPERATIONS[step.operation.name](picture, options, scene)
    last: Any = picture.frames[0]
    return drawing if last == view else _wrap(drawing, last, whole)


def _wrap(drawing: bytes, view: _View, whole: Area) -> bytes:
    content = f"data:image/svg+xml;base64,{base64.b64encode(drawing).decode()}"
    box = " ".join(f"{number:.6g}" for number in view.shown)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{view.width}" height="{view.height}"'
        f' viewBox="{box}" preserveAspectRatio="none"><image width="{whole.width}"'
        f' height="{whole.height}" preserveAspectRatio="none"{_transform(view)}'
        f" href={quoteattr(content)}/></svg>"
    ).encode()


def _transform(view: _View) -> str:
    """Turn about the corner, and move back what left the drawing's own quadrant."""
    if not view.angle:
        return ""
    across, down = view.drawn
    x, y = {90: (across, 0), 180: (across, down), 270: (0, down)}[view.angle]
    return f' transform="translate({x} {y}) rotate({view.angle})"'
