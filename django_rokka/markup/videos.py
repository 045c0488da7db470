"""Videos, and animated pictures as videos, which are a tenth of the size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from django_rokka.markup.asking import split_parts
from django_rokka.markup.attributes import Attributes
from django_rokka.markup.elements import find_rendition
from django_rokka.markup.missing import NoImage, refusing, write_missing
from django_rokka.markup.overriding import render_override
from django_rokka.markup.renditions import Rendition

__all__ = ["video"]

_TYPES = {"mp4": "video/mp4", "webm": "video/webm"}
_AS_ANIMATION = {"autoplay": True, "loop": True, "muted": True, "playsinline": True}
_AS_VIDEO = {"controls": True, "playsinline": True, "preload": "none"}


def video(
    image: Any,
    stack: str = "",
    *,
    formats: str | Iterable[str] = ("webm", "mp4"),
    poster: bool | str = True,
    by: str = "",
    storage: str | None = None,
    attrs: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> SafeString:
    """Write a ``<video>`` of a video or an animated GIF, with a still of it as poster.

    A GIF plays at once, silently and for ever; a video waits for its visitor. Any other argument
    is an attribute, ``loop=False`` leaves one out. ``poster`` may be the URL of another picture.
    """
    formats = _read_formats(formats)
    try:
        with refusing():
            parts, named = split_parts(arguments)
            found = find_rendition(image, stack, by=by, storage=storage, parts=parts)
            if isinstance(found, str):
                return _write_video(Attributes.join({"src": found}, _AS_VIDEO, attrs, named), [])
            is_animated = found.reference.extension == "gif"
            told = {
                "poster": _find_poster(found, poster),
                "width": found.width,
                "height": found.height,
                **(_AS_ANIMATION if is_animated else _AS_VIDEO),
            }
            sources = [
                Attributes(src=str(found.in_format(kind)), type=_TYPES[kind]) for kind in formats
            ]
    except NoImage as error:
        return write_missing(image, error)
    return _write_video(Attributes.join(told, attrs, named), sources)


def _find_poster(found: Rendition, poster: bool | str) -> str | None:  # noqa: FBT001  # it is one or the other
    if poster is True:
        return str(found.in_format("jpg"))
    return poster or None


def _write_video(attributes: Attributes, sources: list[Attributes]) -> SafeString:
    written = render_override("video.html", {"attributes": attributes, "sources": sources})
    if written is not None:
        return written
    elements = format_html_join("", "<source{}>", ((source,) for source in sources))
    return format_html("<video{}>{}</video>", attributes, elements)


def _read_formats(text: str | Iterable[str]) -> tuple[str, ...]:
    formats = tuple(text.split() if isinstance(text, str) else text)
    for kind in formats:
        if kind not in _TYPES:
            raise ValueError(f"Unknown format {kind!r} of a video, must be one of: mp4, webm.")
    return formats
