"""How libvips writes each format, from the stack options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest

__all__ = ["Output", "check_sides", "choose_output"]

# Pixels of a side that the writers of libvips take; the others have no limit that can be reached.
_LONGEST = {"avif": 16384, "gif": 65535, "jpg": 65500, "webp": 16383}

_DEFAULT_OPTIM = 5
# By how much a step of optim.quality changes the quality of a format.
_OPTIM_STEP = 5
# Above this a default quality is lowered: so many pixels hide what is lost.
_FINE_SCREEN = 1.5
_LOWERED = 10
_HIGHEST_DEFAULT = 95


class Output(NamedTuple):
    """A format, the options of its writer, and the density it claims."""

    format: str
    options: Mapping[str, Any]
    dpi: int | None = None


def check_sides(format: str, width: int, height: int) -> None:
    """Refuse a picture that a format cannot hold."""
    longest = _LONGEST.get(format)
    if longest and max(width, height) > longest:
        raise BadRequest(
            f"The picture would be {width} x {height} pixels, and a side in the format {format}"
            f" must have at most {longest}. Ask for a smaller picture, or for a PNG."
        )


def choose_output(format: str, options: Mapping[str, Any], *, is_lossless: bool = False) -> Output:
    """Return how a format is written with checked stack options.

    ``is_lossless`` is about WebP, which can be either; an explicit quality of it wins.
    """
    if format == "jpg":
        return Output(
            format,
            {
                "Q": _quality(format, options, default=80, lowered=_LOWERED),
                "optimize_coding": True,
                "interlace": options.get("interlacing.mode", "plane") != "none",
            },
        )
    if format == "webp":
        return Output(format, _webp(options, is_lossless=is_lossless))
    if format == "avif":
        quality = _quality(format, options, default=45)
        return Output(format, {"compression": "av1", "Q": quality, "effort": 0})
    if format == "gif":
        # Slower searches for colours take a hundred times as long on noise.
        loss = (100 - options.get("gif.quality", 100)) / 4
        return Output(format, {"effort": 1, "interframe_maxerror": loss})
    if format == "tif":
        return Output(format, {"compression": "deflate"}, options.get("dpi"))
    if format == "png":
        return Output(format, _png(options), options.get("dpi"))
    # What is wrapped into an SVG is written with the same stack options.
    return Output(format, dict(options) if format == "svg" else {})


def _webp(options: Mapping[str, Any], *, is_lossless: bool) -> dict[str, Any]:
    if "webp.quality" in options:
        is_lossless = options["webp.quality"] == 100
    if not is_lossless:
        return {"Q": _quality("webp", options, default=80, lowered=_LOWERED), "effort": 2}
    palette = _palette_quality(options)
    if palette < 100:
        return {"near_lossless": True, "Q": palette, "effort": 0}
    # Here Q says how hard the encoder tries.
    return {"lossless": True, "effort": 0, "Q": 25}


def _png(options: Mapping[str, Any]) -> dict[str, Any]:
    written = {"compression": options.get("png.compression_level", 7)}
    palette = _palette_quality(options)
    if palette < 100:
        return {**written, "palette": True, "Q": palette, "effort": 1}
    return written


def _palette_quality(options: Mapping[str, Any]) -> int:
    """Return the loss that is allowed to lossless formats: none unless the stack asks for it.

    rokka's default belongs to its optimization after the first answer.
    """
    if options.get("optim.disable_all"):
        return 100
    return int(options.get("pngquant.quality", 100))


def _quality(format: str, options: Mapping[str, Any], *, default: int, lowered: int = 0) -> int:
    explicit = options.get(f"{format}.quality")
    if explicit is not None:
        return int(explicit)
    quality = default
    if not options.get("optim.disable_all"):
        quality += (options.get("optim.quality", _DEFAULT_OPTIM) - _DEFAULT_OPTIM) * _OPTIM_STEP
    if options.get("dpr", 1) > _FINE_SCREEN:
        quality -= lowered
    return max(1, min(_HIGHEST_DEFAULT, quality))
