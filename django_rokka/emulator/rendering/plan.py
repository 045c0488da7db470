"""What one render comes to: operations, a format, how it is written, and a name for the result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.schemas import check_is_rendered, check_operation, check_options
from django_rokka.emulator.store import StoredImage
from django_rokka.emulator.vips import RENDERED_SOURCES, check_pixels
from django_rokka.render import Operation, rendered_size

__all__ = ["MIMETYPES", "RenderPlan", "make_plan"]

MIMETYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "svg": "image/svg+xml",
}

# Part of every key: another value makes earlier renders in a root void.
_VERSION = 1
_MISSING_FORMATS = frozenset(
    {
        *("blur", "jxl", "heif", "heic", "jp2", "tif", "tiff"),
        *("mp4", "webm", "m3u", "m3u8", "ts", "pdf"),
    }
)
_MISSING_OPTIONS = {"basestack": None, "dpi": None, "jpg.transparency.convert": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPlan:
    """Everything that decides the bytes of a render, and nothing else."""

    source: StoredImage
    operations: tuple[Operation, ...]
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
            [[item.name, dict(item.options)] for item in self.operations],
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
) -> RenderPlan:
    """Check everything that was asked for; 400 for what is wrong, 501 for what is missing."""
    steps = tuple(check_operation(operation) for operation in operations)
    for step in steps:
        check_is_rendered(step)
    known = check_options(options)
    _check_missing(known)
    dpr = known.get("dpr", 1)
    if dpr != 1 and not any(step.name == "resize" for step in steps):
        raise BadRequest(
            f"The option dpr={dpr:g} needs a resize operation in the stack. Add one, or leave"
            " the option out."
        )
    _check_source(source)
    written = _choose_format(_checked_format(format), known, accept=accept)
    plan = RenderPlan(
        source=source,
        operations=steps,
        format=written,
        dpr=dpr,
        writing=_writing(written, known, requested=format, dpr=dpr),
        background=_background(written, known),
    )
    _check_size(plan)
    return plan


def varies(options: Mapping[str, Any]) -> bool:
    """Say whether the answer depends on what the browser accepts."""
    return bool(check_options(options).get("autoformat"))


def _check_missing(options: Mapping[str, Any]) -> None:
    for name, harmless in _MISSING_OPTIONS.items():
        if options.get(name, harmless) != harmless:
            raise Missing(f"the stack option {name!r}")
    if options.get("jpg.transparency.autoformat", "false") != "false":
        raise Missing("the stack option 'jpg.transparency.autoformat'")


def _check_source(source: StoredImage) -> None:
    if source.format not in RENDERED_SOURCES:
        raise Missing(f"rendering of {source.format} files (it stores them)")


def _checked_format(format: str) -> str:
    name = "jpg" if format == "jpeg" else format
    if name in _MISSING_FORMATS:
        raise Missing(f"the format {format!r}")
    if name not in MIMETYPES:
        raise BadRequest(
            f"Unknown format {format!r}, must be one of: {', '.join(sorted(MIMETYPES))}."
        )
    return name


def _choose_format(format: str, options: Mapping[str, Any], *, accept: str) -> str:
    """Follow the browser's ``Accept`` where the stack has autoformat."""
    if format == "svg" or not options.get("autoformat"):
        return format
    excluded = {word.strip() for word in options.get("autoformat.exclude", "").split(",")}
    offers = ["avif"] if options.get("autoformat.include") == "avif" else []
    for offer in [*offers, "webp"]:
        if f"image/{offer}" in accept and offer not in excluded:
            return offer
    return format


def _writing(
    format: str, options: Mapping[str, Any], *, requested: str, dpr: float
) -> dict[str, Any]:
    """Return libvips' options of the writer; qualities are ten lower on fine screens."""
    lowered = 10 if dpr > 1.5 else 0
    if format == "jpg":
        return {"Q": options.get("jpg.quality", 80 - lowered), "optimize_coding": True}
    if format == "png":
        return {"compression": options.get("png.compression_level", 7)}
    if format == "avif":
        return {"Q": options.get("avif.quality", 45), "effort": 2}
    if format == "webp":
        is_lossless = requested == "png" and "webp.quality" not in options
        quality = options.get("webp.quality", 80 - lowered)
        return {"lossless": True} if is_lossless or quality == 100 else {"Q": quality}
    return {}


def _background(format: str, options: Mapping[str, Any]) -> str | None:
    """Return the colour that replaces transparency, ``None`` where it stays."""
    everywhere = options.get("transparency.color")
    if format == "jpg":
        return str(everywhere or options.get("jpg.transparency.color", "FFFFFF"))
    return everywhere


def _check_size(plan: RenderPlan) -> None:
    """Refuse early what is known to be too large; the operations check what is not known here."""
    width, height = plan.source.width, plan.source.height
    for count in range(len(plan.operations) + 1):
        size = rendered_size(plan.operations[:count], width, height, dpr=plan.dpr)
        if size is not None:
            check_pixels(*size)
