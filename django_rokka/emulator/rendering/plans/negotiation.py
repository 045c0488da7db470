"""The format of a render: what URL, stack and browser say, and what is left to the pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import BadRequest
from werkzeug.http import parse_accept_header

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.plans.qualities import Output, choose_output
from django_rokka.emulator.schemas import check_options

__all__ = ["MIMETYPES", "Choices", "Wish", "background_of", "check_format", "choose", "varies"]

MIMETYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "blur": "text/plain",
}

_OTHER_NAMES = {"jpeg": "jpg", "tiff": "tif"}
_MISSING_FORMATS = frozenset(
    {"jxl", "heif", "heic", "jp2", "mp4", "webm", "m3u", "m3u8", "ts", "pdf"}
)
_EXCLUSIONS = frozenset(
    {
        *("webp", "avif", "svg", "svg_to_png"),
        *("lossless_to_lossy", "lossy_to_lossless", "lossy_to_lossless_if_bigger"),
    }
)


class Wish(NamedTuple):
    """What a render is asked for, and what is known of its source before any pixel is."""

    format: str
    options: Mapping[str, Any]
    accept: str
    is_animated: bool
    is_drawing: bool
    """Whether the source is an SVG and every operation leaves it one."""

    @property
    def has_autoformat(self) -> bool:
        """Whether another format than that of the URL may come out."""
        return bool(self.options.get("autoformat"))

    @property
    def excluded(self) -> frozenset[str]:
        """The conversions that the stack forbids."""
        words = (self.options.get("autoformat.exclude") or "").split(",")
        found = frozenset(word.strip() for word in words) - {""}
        if unknown := sorted(found - _EXCLUSIONS):
            raise BadRequest(
                f"Unknown word {unknown[0][:60]!r} in the stack option autoformat.exclude, must be"
                f" one of: {', '.join(sorted(_EXCLUSIONS))}."
            )
        return found

    def accepts(self, mimetype: str) -> bool:
        """Say whether the browser names exactly this type, and not to refuse it."""
        return any(
            value.partition(";")[0].strip().lower() == mimetype and quality > 0
            for value, quality in parse_accept_header(self.accept, MIMEAccept)
        )

    def takes(self, format: str) -> bool:
        """Say whether a modern format may replace that of the URL."""
        return format not in self.excluded and self.accepts(MIMETYPES[format])


class Choices(NamedTuple):
    """The output of a render, and those that its pixels may demand instead."""

    usual: Output
    transparent: Output | None = None
    """For a picture with alpha that can be seen."""
    photo: Output | None = None
    graphic: Output | None = None
    is_smaller_only: bool = False
    """Whether ``graphic`` must not be larger than ``usual``."""

    @property
    def outputs(self) -> list[Output]:
        """All of them, the usual one first."""
        found = (self.usual, self.transparent, self.photo, self.graphic)
        return [output for output in found if output is not None]

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that may come out, each once, the usual one first."""
        return tuple(dict.fromkeys(output.format for output in self.outputs))


def varies(options: Mapping[str, Any]) -> bool:
    """Say whether the answer depends on what the browser accepts."""
    known = check_options(options)
    return bool(known.get("autoformat")) or _transparency_of(known) != "false"


def check_format(format: str) -> str:
    """Return the format that an extension names; 400 or 501 for one that is not written."""
    name = _OTHER_NAMES.get(format, format)
    if name in _MISSING_FORMATS:
        raise Missing(f"the format {format!r}")
    if name not in MIMETYPES:
        raise BadRequest(
            f"Unknown format {format!r}, must be one of: {', '.join(sorted(MIMETYPES))}."
        )
    return name


def choose(wish: Wish) -> Choices:
    """Follow the stack and the browser's ``Accept``, and say what is left to the pixels.

    The first answer of rokka is given; with ``optim.immediate`` that after its optimization, which
    may also find a lossy format better than a lossless one, or the other way round.
    """
    chosen = _first_stage(wish)
    is_lossless = wish.format in {"png", "svg"}
    usual = choose_output(chosen, wish.options, is_lossless=is_lossless)
    choices = Choices(usual, transparent=_choose_transparent(wish, chosen))
    if not _has_second_stage(wish):
        return choices
    if is_lossless and chosen in {"png", "webp"}:
        return choices._replace(photo=_choose_lossy(wish, chosen))
    if wish.format == "jpg" and chosen in {"jpg", "webp"}:
        return choices._replace(
            graphic=_choose_lossless(wish, chosen),
            is_smaller_only="lossy_to_lossless_if_bigger" in wish.excluded,
        )
    return choices


def background_of(format: str, options: Mapping[str, Any]) -> str | None:
    """Return the colour that replaces transparency, ``None`` where it stays.

    ``format`` is that of the URL: whether a picture is transparent is not for browsers to decide.
    """
    everywhere = options.get("transparency.color")
    if format == "jpg" and (everywhere or _transparency_of(options) == "false"):
        return str(everywhere or options.get("jpg.transparency.color", "FFFFFF"))
    return everywhere


def _transparency_of(options: Mapping[str, Any]) -> str:
    """Return what becomes of a JPG with alpha; its conversion to a colour can be forced."""
    if options.get("jpg.transparency.convert"):
        return "false"
    return str(options.get("jpg.transparency.autoformat", "false"))


def _first_stage(wish: Wish) -> str:
    if not wish.has_autoformat:
        return wish.format
    if wish.is_drawing and wish.format != "blur" and "svg" not in wish.excluded:
        return "svg"
    if wish.format == "gif" and wish.is_animated and wish.takes("webp"):
        return "webp"
    is_wrapped = wish.format == "svg" and "svg_to_png" not in wish.excluded
    asked = "png" if is_wrapped and not wish.is_drawing else wish.format
    if asked not in {"jpg", "png"}:
        return asked
    # A PNG stays without loss where the browser lets it.
    offers = ["avif", "webp"] if asked == "jpg" else ["webp", "avif"]
    if wish.options.get("autoformat.include") != "avif":
        offers.remove("avif")
    return next((offer for offer in offers if wish.takes(offer)), asked)


def _choose_transparent(wish: Wish, format: str) -> Output | None:
    """Return what a JPG with visible alpha becomes."""
    kind = _transparency_of(wish.options)
    if format != "jpg" or kind == "false" or wish.options.get("transparency.color"):
        return None
    if kind == "webp" or wish.takes("webp"):
        return choose_output("webp", wish.options)
    if kind == "true" and (wish.accepts("*/*") or wish.accepts(MIMETYPES["svg"])):
        return choose_output("svg", wish.options)
    return choose_output("png", wish.options)


def _has_second_stage(wish: Wish) -> bool:
    is_optimized = wish.options.get("optim.immediate") and not wish.options.get("optim.disable_all")
    return bool(wish.has_autoformat and is_optimized) and not wish.is_animated


def _choose_lossy(wish: Wish, format: str) -> Output | None:
    if "lossless_to_lossy" in wish.excluded or _is_fixed(wish, format):
        return None
    return choose_output("jpg" if format == "png" else format, wish.options)


def _choose_lossless(wish: Wish, format: str) -> Output | None:
    if "lossy_to_lossless" in wish.excluded or _is_fixed(wish, format):
        return None
    return choose_output("png" if format == "jpg" else format, wish.options, is_lossless=True)


def _is_fixed(wish: Wish, format: str) -> bool:
    """Say whether the quality of a WebP is set, which is honoured whatever was asked for."""
    return format == "webp" and "webp.quality" in wish.options
