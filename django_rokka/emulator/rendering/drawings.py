"""Which renders of an SVG can be an SVG again."""

from __future__ import annotations

from collections.abc import Iterable

from django_rokka.render import Operation

__all__ = ["POSSIBLE", "stays_drawing"]

POSSIBLE = frozenset({"resize", "crop", "noop", "autorotate", "svgdynamic"})
"""Operations that need no pixels."""


def stays_drawing(operations: Iterable[Operation]) -> bool:
    """Say whether all operations can be done on an SVG without drawing it."""
    return all(
        operation.name in POSSIBLE
        and "smart" not in {operation.options.get("anchor"), operation.options.get("fallback")}
        for operation in operations
    )
