"""The candidates of a responsive image."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django_rokka.render.urls import RenderURL

__all__ = ["choose_widths", "srcset"]


def choose_widths(widths: Iterable[int], *, limit: int | None) -> list[int]:
    """Return ascending widths in pixels, none above ``limit``, which is what the image has.

    Where wider ones were asked for, the limit itself becomes the widest candidate: a large
    screen gets all there is, and nothing is scaled up.
    """
    asked = sorted(set(widths))
    if limit is None:
        return asked
    chosen = [width for width in asked if width <= limit]
    return chosen if len(chosen) == len(asked) or limit in chosen else [*chosen, limit]


def srcset(
    url: RenderURL,
    widths: Iterable[int],
    *,
    build: Callable[[RenderURL], str],
    limit: int | None = None,
    variable: str = "",
) -> str:
    """Write a ``srcset`` value with width descriptors.

    ``build`` writes each candidate's URL; ``variable`` names the stack variable that holds the
    width, empty where the stack has none and its resize is overridden.
    """
    return ", ".join(
        f"{build(url.resized(width, variable=variable))} {width}w"
        for width in choose_widths(widths, limit=limit)
    )
