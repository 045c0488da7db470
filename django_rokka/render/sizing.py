"""How large a stack renders an image, and how a URL asks it for other widths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django_rokka.render.candidates import choose_widths
from django_rokka.render.expressions import is_expression
from django_rokka.render.geometry import rendered_size
from django_rokka.render.operations import Operation, merge_options
from django_rokka.render.stacks import StackDefinition
from django_rokka.render.urls import RenderURL

__all__ = ["HEIGHT_VARIABLE", "WIDTH_VARIABLE", "Sizing", "measure"]

WIDTH_VARIABLE = "w"
"""The stack variable that holds the width of the result, where a declared stack has it."""

HEIGHT_VARIABLE = "h"
"""The stack variable that holds its height; scaled with the width, unless it is computed."""

# Their sizes are pixels of the result, and stay when only the resize is overridden.
_LAYERS = frozenset({"composition", "text"})
_SMALLEST_DPR, _LARGEST_DPR = 1, 10
_TRUE = frozenset({"true", "1"})


class Sizing(NamedTuple):
    """A render URL, and what is known of the size that comes out.

    ``definition`` is that of a declared stack or of the dynamic one, ``None`` of any other.
    ``image`` is the size of the original, ``operations`` and ``options`` are those that hold
    for it, and ``size`` is what they make of it at a dpr of 1; ``None`` is what nobody knows.
    """

    url: RenderURL
    definition: StackDefinition | None
    image: tuple[int, int] | None
    operations: tuple[Operation, ...] | None
    options: Mapping[str, Any]
    size: tuple[int, int] | None

    @property
    def is_autoformatted(self) -> bool:
        """Whether the stack is known to answer in the best format that the browser accepts."""
        return str(self.options.get("autoformat", "")).lower() in _TRUE

    @property
    def dpr(self) -> float:
        """The pixels of the result to one of the page."""
        try:
            return float(self.options.get("dpr", 1))
        except (TypeError, ValueError):
            return 1

    @property
    def pixels(self) -> int | None:
        """The width of the result in pixels."""
        if self.dpr == 1 or not (self.size and self.operations and self.image):
            return self.size[0] if self.size else None
        size = rendered_size(self.operations, *self.image, dpr=self.dpr)
        return size[0] if size else None

    @property
    def widest(self) -> int | None:
        """The widest result in pixels that needs no upscaling."""
        if self.image is None:
            return None
        width, height = self.image
        if self.size is None:
            return width
        return max(1, min(width, height * self.size[0] // self.size[1]))

    @property
    def is_resizable(self) -> bool:
        """Whether other widths can be had: not from a stack known to have nothing to resize."""
        return self._way != ""

    def with_width(self, width: int) -> Sizing | None:
        """Return the same picture, ``width`` pixels wide; ``None`` where it cannot be had."""
        find = _WAYS.get(self._way)
        url: RenderURL | None = find(self, width) if find else None
        if url is None:
            return None
        if self.dpr != 1 and self._way != "dpr":
            url = url._replace(options={**url.options, "dpr": 1})
        return measure(url, self.definition, self.image)

    def with_density(self, density: float) -> Sizing | None:
        """Return the same picture for a finer screen; ``None`` where it cannot be had."""
        if density == 1:
            return self
        if self._way == "variable" and self.size:
            return self.with_width(round(self.size[0] * density))
        if self.operations is not None and "resize" not in _names(self.operations):
            return None
        url = self.url._replace(options={**self.url.options, "dpr": _short(density)})
        return measure(url, self.definition, self.image)

    def find_widths(self, widths: Iterable[int]) -> list[tuple[RenderURL, int]]:
        """Return URLs with the width of each, ascending, none wider than the original."""
        found: dict[int, RenderURL] = {}
        for width in choose_widths(widths, limit=self.widest):
            sizing = self.with_width(width)
            if sizing is not None:
                found.setdefault(sizing.pixels or width, sizing.url)
        return [(found[width], width) for width in sorted(found)]

    def find_densities(self, densities: Iterable[float]) -> list[tuple[RenderURL, float]]:
        """Return URLs with the density of each, ascending, none finer than the original."""
        finest = self.widest / self.size[0] if self.widest and self.size else _LARGEST_DPR
        found: list[tuple[RenderURL, float]] = []
        for density in sorted({1.0, *densities}):
            sizing = self.with_density(density) if density <= max(1, finest) else None
            if sizing is not None:
                found.append((sizing.url, density))
        return found

    @property
    def _way(self) -> str:
        """The one way to another width that keeps the picture what it is; empty if there is none.

        Without a variable it is the operations themselves, except where an override would change
        several of one name alike, or leave words and second images as they are: there the dpr.
        """
        if self.definition is not None and WIDTH_VARIABLE in self.definition.variables:
            return "variable"
        if self.url.is_dynamic:
            return "dynamic"
        if self.operations is None:
            return "override"
        counted = Counter(_names(self.operations))
        if not counted["resize"]:
            return ""
        if counted["resize"] > 1 or counted["crop"] > 1 or _LAYERS & set(counted):
            return "dpr" if self.size else ""
        # An area in the metadata of the image decides the size of what is cut out last.
        is_cut_by_area = self.image and not self.size and _names(self.operations)[-1] == "crop"
        return "" if is_cut_by_area else "override"


def measure(
    url: RenderURL, definition: StackDefinition | None, image: tuple[int, int] | None
) -> Sizing:
    """Compute what a declared stack makes of an image.

    Raise ``InvalidRenderURL`` for a value that a stack cannot compute with.
    """
    if url.is_dynamic:
        definition = StackDefinition.from_operations(url.operations)
    if definition is None:
        return Sizing(url, None, image, None, url.options, None)
    if image is None:
        # Expressions may ask for the size of the image; where it is unknown, so are their results.
        named = tuple(Operation(item.name, **item.options) for item in definition.operations)
        return Sizing(url, definition, None, named, {**definition.options, **url.options}, None)
    operations, options = definition.resolve(
        variables=url.variables,
        overrides=url.overrides,
        options=url.options,
        image={"width": image[0], "height": image[1]},
    )
    size = rendered_size(operations, *image)
    return Sizing(url, definition, image, operations, options, size)


def _by_variable(sizing: Sizing, width: int) -> RenderURL:
    variables = {**sizing.url.variables, WIDTH_VARIABLE: width}
    declared = sizing.definition.variables if sizing.definition else {}
    is_free = HEIGHT_VARIABLE in declared and not is_expression(declared[HEIGHT_VARIABLE])
    if is_free and sizing.size:
        variables[HEIGHT_VARIABLE] = max(1, round(sizing.size[1] * width / sizing.size[0]))
    return sizing.url._replace(variables=variables)


def _by_operations(sizing: Sizing, width: int) -> RenderURL:
    """Scale the operations of the dynamic stack where they stand; without a resize, add one."""
    url = sizing.url
    if "resize" not in _names(url.operations):
        return url._replace(operations=(*url.operations, Operation("resize", width=width)))
    if sizing.size is None or not sizing.operations:
        return url.resized(width)
    factor = width / sizing.size[0]
    scaled = (_scaled(item, factor) or item for item in sizing.operations)
    return url._replace(operations=tuple(scaled), overrides=())


def _by_override(sizing: Sizing, width: int) -> RenderURL:
    operations = sizing.operations or ()
    nominal = sizing.size[0] if sizing.size else _nominal_width(operations)
    if not nominal:
        return sizing.url.resized(width)
    scaled = [_scaled(item, width / nominal, only_sides=True) for item in operations]
    merged = merge_options((*sizing.url.overrides, *filter(None, scaled)))
    overrides = (Operation(name, **options) for name, options in merged.items())
    return sizing.url._replace(overrides=tuple(overrides))


def _by_dpr(sizing: Sizing, width: int) -> RenderURL | None:
    """Multiply the resize; only what the stack itself gives, or more, can be had so."""
    factor = width / sizing.size[0] if sizing.size else 0
    if not _SMALLEST_DPR <= factor <= _LARGEST_DPR:
        return None
    if factor == sizing.dpr:
        return sizing.url
    return sizing.url._replace(options={**sizing.url.options, "dpr": _short(factor)})


_WAYS: Mapping[str, Any] = {
    "variable": _by_variable,
    "dynamic": _by_operations,
    "override": _by_override,
    "dpr": _by_dpr,
}


def _scaled(operation: Operation, factor: float, *, only_sides: bool = False) -> Operation | None:
    """Return a resize or crop in other pixels; ``None`` for what has no size in pixels."""
    options = operation.options
    if not _has_pixels(operation):
        return None
    sides = {
        side: max(1, round(float(options[side]) * factor))
        for side in ("width", "height")
        if side in options
    }
    return Operation(operation.name, **(sides if only_sides else {**options, **sides}))


def _has_pixels(operation: Operation) -> bool:
    """Say whether its width and height are pixels of the result, and not a ratio."""
    is_sized = operation.name in {"resize", "crop"}
    return is_sized and operation.options.get("mode") not in {"ratio", "area"}


def _nominal_width(operations: Iterable[Operation]) -> float:
    """Return the width that a stack gives to an image of unknown size, ``0`` if it tells none."""
    widths = [item.options.get("width") for item in operations if _has_pixels(item)]
    try:
        return float(widths[-1] or 0) if widths else 0
    except (TypeError, ValueError):
        return 0


def _names(operations: Iterable[Operation]) -> list[str]:
    return [operation.name for operation in operations]


def _short(number: float) -> float:
    """Round a dpr for a URL, and write a whole one without a fraction."""
    rounded = round(number, 4)
    return int(rounded) if rounded == int(rounded) else rounded
