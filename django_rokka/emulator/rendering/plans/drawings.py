"""Which renders of an SVG can be an SVG again."""

from __future__ import annotations

from collections.abc import Iterable

from django_rokka.render import Operation

__all__ = ["stays_drawing"]

# Operations that need no pixels.
_POSSIBLE = frozenset({"resize", "crop", "noop", "autorotate", "svgdynamic"})


def stays_drawing(operations: Iterable[Operation]) -> bool:
    """Say whether all operations can be done on an SVG without drawing it."""
    return all(map(_is_possible, operations))


def _is_possible(operation: Operation) -> bool:
    options = operation.options
    if operation.name == "rotate":
        return bool(options["angle"] % 90 == 0)
    return operation.name in _POSSIBLE and "smart" not in {
        options.get("anchor"),
        options.get("fallback"),
    }
