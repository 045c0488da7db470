"""An image through a stack: its URLs, and its size where that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django_rokka.render import ImageReference, RenderURL
from django_rokka.render.sizing import Sizing, measure
from django_rokka.storage import RokkaStorage

__all__ = ["Rendition", "get_rendition"]


_NEVER_REPLACED = frozenset({"avif", "webp"})
"""Formats in the place of which autoformat gives no other."""


class Rendition(NamedTuple):
    """An image through a stack; as text it is its URL.

    ``signed`` and ``expires_in`` are those of ``RokkaStorage.build_url``.
    """

    storage: RokkaStorage
    reference: ImageReference
    sizing: Sizing
    signed: bool | None = None
    expires_in: float | timedelta | None = None

    def __str__(self) -> str:
        return self.write(self.url)

    @property
    def url(self) -> RenderURL:
        """The parts of its URL."""
        return self.sizing.url

    @property
    def width(self) -> int | None:
        """Pixels of the page that it takes; ``None`` when unknown."""
        return self.sizing.size[0] if self.sizing.size else None

    @property
    def height(self) -> int | None:
        """Pixels of the page that it takes; ``None`` when unknown."""
        return self.sizing.size[1] if self.sizing.size else None

    @property
    def widest(self) -> int | None:
        """The widest result in pixels that needs no upscaling; ``None`` when it is unknown."""
        return self.sizing.widest

    @property
    def is_drawing(self) -> bool:
        """Whether it is sent as SVG, which is sharp in any width."""
        return self.url.format == "svg"

    @property
    def is_animation(self) -> bool:
        """Whether it may move: it is a GIF, and not asked for as something else."""
        return self.url.format == "gif"

    def write(self, url: RenderURL) -> str:
        """Write a URL of the same image, signed where it needs to be."""
        return self.storage.build_url(
            url,
            is_protected=self.reference.is_protected,
            signed=self.signed,
            expires_in=self.expires_in,
        )

    def in_format(self, format: str, *, is_exact: bool = False) -> Rendition:
        """Return the same picture in another format; ``is_exact`` allows rokka no better one."""
        url = self.url._replace(format=format)
        if is_exact and self.sizing.is_autoformatted and format not in _NEVER_REPLACED:
            url = _without_autoformat(url)
        return self._replace(sizing=self.sizing._replace(url=url))

    def write_srcset(self, widths: Iterable[int], densities: Iterable[float] = ()) -> str:
        """Write a ``srcset``, none of it larger than the original; empty for a drawing.

        Densities alone that leave but one candidate give none, since ``src`` says the same.
        """
        if self.is_drawing:
            return ""
        found = self.sizing.find_widths(widths)
        if found:
            return ", ".join(f"{self.write(url)} {width}w" for url, width in found)
        fine = self.find_densities(densities)
        return ", ".join(f"{url} {density:g}x" for url, density in fine) if len(fine) > 1 else ""

    def find_densities(self, densities: Iterable[float]) -> list[tuple[str, float]]:
        """Return URLs with the density of each, none finer than the original; a drawing has one."""
        wanted = () if self.is_drawing else densities
        found = self.sizing.find_densities(wanted)
        return [(self.write(url), density) for url, density in found]


def get_rendition(
    storage: RokkaStorage,
    reference: ImageReference,
    stack: str = "",
    *,
    signed: bool | None = None,
    expires_in: float | timedelta | None = None,
    **parts: Any,
) -> Rendition:
    """Return an image through a stack; ``parts`` are those of ``RokkaStorage.get_render_url``.

    The size follows from the definition of the stack, so it is known for the dynamic stack and
    for the stacks that the storage declares. Raise ``InvalidRenderURL`` for a value that a stack
    cannot compute with. An SVG stays one unless another ``format`` is asked for, which then holds
    against the autoformat of the stack.
    """
    url = storage.get_render_url(reference, stack, **parts)
    definition = storage.stack_definitions.get(url.stack)
    width, height = reference.width, reference.height
    image = (width, height) if width and height else None
    sizing = measure(url, definition, image)
    is_drawn_in_pixels = reference.extension == "svg" and parts.get("format", "svg") != "svg"
    if is_drawn_in_pixels and sizing.is_autoformatted and not _is_asked_for(parts):
        sizing = measure(_without_autoformat(url), definition, image)
    return Rendition(storage, reference, sizing, signed, expires_in)


def _without_autoformat(url: RenderURL) -> RenderURL:
    return url._replace(options={**url.options, "autoformat": False})


def _is_asked_for(parts: Mapping[str, Any]) -> bool:
    """Say whether autoformat is what the caller wants, whatever the format."""
    return "autoformat" in (parts.get("options") or {})
