"""``<picture>``: several formats, and other pictures for other screens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from django_rokka.markup.attributes import Attributes
from django_rokka.markup.elements import Picture, read_picture, write_element
from django_rokka.markup.missing import NoImage, refusing, write_missing
from django_rokka.markup.overriding import render_override
from django_rokka.markup.renditions import Rendition

__all__ = ["FORMATS", "Source", "read_source", "responsive_picture"]

FORMATS = ("avif", "webp")
"""Formats of which a browser takes the first it knows, where rokka does not choose by itself."""

_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "jxl": "image/jxl",
    "png": "image/png",
    "webp": "image/webp",
}
_ANIMATED = frozenset({"gif", "webp"})
_PER_SOURCE = ("media", "type", "srcset", "sizes", "width", "height")
# What the whole picture has in common, and its sources need too.
_ON_EACH_SCREEN = frozenset({"widths", "densities", "sizes"})
_SHARED = frozenset({"by", "storage", "signed", "expires_in", "format"})


class Source(NamedTuple):
    """Another picture for the screens that a media query describes.

    ``arguments`` are those of ``read_picture``; ``image`` is another image altogether.
    """

    media: str
    stack: str
    image: Any
    arguments: dict[str, Any]


def read_source(media: str, stack: str = "", *, image: Any = None, **arguments: Any) -> Source:
    """Return a source of a ``<picture>``, for a screen that needs another stack or crop area."""
    return Source(str(media), stack, image, arguments)


def responsive_picture(image: Any, stack: str = "", **arguments: Any) -> SafeString:
    """Write a ``<picture>``; its ``<img>`` has all that ``responsive_image`` writes.

    ``formats`` are AVIF and WebP unless the stack is known to choose by itself (autoformat). A GIF
    stays animated, a drawing SVG. ``art`` says ``"<media query> <stack>; <media query> <stack>"``,
    each with the widths and sizes of the picture; ``sources`` come before them.
    """
    try:
        return write_element(_write_picture, image, stack, arguments, "picture.html", "img.html")
    except NoImage as error:
        return write_missing(image, error, alt=arguments.get("alt"))


def _write_picture(
    image: Any,
    stack: str = "",
    *,
    formats: str | Iterable[str] | None = None,
    art: str = "",
    sources: Source | Iterable[Source] = (),
    **arguments: Any,
) -> SafeString:
    formats = _read_formats(formats)
    given = [sources] if isinstance(sources, Source) else list(sources)
    shared = {name: arguments[name] for name in _SHARED & set(arguments)}
    common = {name: arguments[name] for name in _ON_EACH_SCREEN & set(arguments)}
    given += [Source(media, its, None, common) for media, its in _read_art(art)]
    picture = read_picture(image, stack, **arguments)
    written: list[Attributes] = []
    for source in given:
        wish = {**shared, **source.arguments, "alt": ""}
        other = read_picture(source.image or image, source.stack or stack, **wish)
        written += _iter_sources(other, formats, media=source.media)
    written += _iter_sources(picture, formats)
    override = render_override("picture.html", {"sources": written, "picture": picture})
    if override is not None:
        return override
    elements = format_html_join("", "<source{}>", ((source,) for source in written))
    return format_html("<picture>{}{}</picture>", elements, picture)


def _iter_sources(
    picture: Picture, formats: tuple[str, ...] | None, *, media: str = ""
) -> Iterator[Attributes]:
    """Yield the sources of one picture: each format, and for a screen what all browsers know."""
    rendition, shown = picture.rendition, picture.attributes
    if rendition is not None:
        for kind in _choose_formats(rendition, formats):
            other = rendition.in_format(kind, is_exact=True)
            with refusing():
                candidates = other.write_srcset(picture.widths, picture.densities) or str(other)
            told = {**shown, "media": media or None, "type": _TYPES[kind], "srcset": candidates}
            yield Attributes({name: told.get(name) for name in _PER_SOURCE})
    if media:
        told = {**shown, "media": media, "srcset": picture.srcset or picture.src}
        yield Attributes({name: told.get(name) for name in _PER_SOURCE})


def _choose_formats(rendition: Rendition, formats: tuple[str, ...] | None) -> list[str]:
    if rendition.is_drawing:
        return []
    if formats is None:
        formats = () if rendition.sizing.is_autoformatted else FORMATS
    if rendition.is_animation:
        formats = tuple(kind for kind in formats if kind in _ANIMATED)
    return [kind for kind in formats if kind != rendition.url.format]


def _read_formats(text: str | Iterable[str] | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    formats = tuple(text.split() if isinstance(text, str) else text)
    for kind in formats:
        if kind not in _TYPES:
            raise ValueError(
                f"Unknown format {kind!r} of a picture, must be one of: {', '.join(_TYPES)}."
            )
    return formats


def _read_art(text: str) -> Iterator[tuple[str, str]]:
    """Yield media query and stack of each part of ``"<media query> <stack>; ..."``."""
    for part in filter(None, map(str.strip, str(text).split(";"))):
        media, _, stack = part.rpartition(" ")
        if not media.strip():
            raise ValueError(
                f"The art {part!r} has no media query; write '(max-width: 600px) square', the"
                " stack last."
            )
        yield media.strip(), stack
