"""SVG that stays SVG: what is cut out is a view onto the whole drawing."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import quoteattr

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.operations import OPERATIONS, Area, Picture, Scene
from django_rokka.emulator.rendering.plan import RenderPlan

__all__ = ["write_svg"]

_POSSIBLE = frozenset({"resize", "crop", "noop", "autorotate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """A frame without pixels: which part of a drawing is shown, and how large."""

    shown: Area
    width: int
    height: int

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

    def copy_memory(self) -> _View:
        """Return itself: there are no pixels."""
        return self


def write_svg(plan: RenderPlan, drawing: bytes, *, subject: Area | None) -> bytes:
    """Return an SVG of the planned size; one of which all is shown stays byte by byte.

    Its own width and height then differ from what a resize asked for, which a page's ``width``
    and ``height`` decide anyway. Operations on pixels answer 501.
    """
    whole = Area(0, 0, plan.source.width, plan.source.height)
    view = _View(shown=whole, width=plan.source.width, height=plan.source.height)
    picture = Picture(frames=(view,), subject=subject)
    for step, *_ in plan.steps:
        if step.name not in _POSSIBLE or step.options.get("anchor") == "smart":
            raise Missing(
                f"the operation {step.name!r} on an SVG that stays one",
                remedy="Ask for png or webp instead.",
            )
        picture = OPERATIONS[step.name](picture, step.options, Scene(dpr=plan.dpr))
    last: Any = picture.frames[0]
    return drawing if last.shown == whole else _wrap(drawing, last, whole)


def _wrap(drawing: bytes, view: _View, whole: Area) -> bytes:
    content = f"data:image/svg+xml;base64,{base64.b64encode(drawing).decode()}"
    box = " ".join(f"{number:.6g}" for number in view.shown)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{view.width}" height="{view.height}"'
        f' viewBox="{box}" preserveAspectRatio="none"><image width="{whole.width}"'
        f' height="{whole.height}" href={quoteattr(content)}/></svg>'
    ).encode()
