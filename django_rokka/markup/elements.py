"""Responsive images."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from django_rokka.conf import is_debug
from django_rokka.exceptions import InvalidReference
from django_rokka.markup.asking import split_parts
from django_rokka.markup.attributes import Attributes, escape
from django_rokka.markup.colours import ROW_PLACEHOLDERS, write_placeholder
from django_rokka.markup.finding import find_place
from django_rokka.markup.missing import NoImage, log_missing, refusing, write_missing
from django_rokka.markup.numbers import read_densities, read_widths
from django_rokka.markup.overriding import is_overridden, render_override
from django_rokka.markup.plans import stand_for, write_planned
from django_rokka.markup.renditions import Rendition, get_rendition

__all__ = [
    "Picture",
    "find_rendition",
    "image_tag",
    "read_image",
    "read_picture",
    "responsive_image",
    "srcset",
    "write_element",
]

DEFAULT_SIZES = "100vw"
"""What ``sizes`` says for widths when a template says nothing: as wide as the page."""

_TEXTS = frozenset({str, SafeString, int})
_OF_ONE_IMAGE = frozenset({"aria_", "data_", "id", "title"})
"""Attributes, by how they begin, that differ from image to image."""
_ABOUT_THE_PLACE = frozenset({"alt", "by", "storage"})

logger = logging.getLogger("django_rokka.markup")


class Picture(NamedTuple):
    """An image as a page shows it; as text it is the whole ``<img>``.

    ``rendition`` is ``None`` for what the storage's fallback keeps; ``widths`` and ``densities``
    are those that were asked for.
    """

    attributes: Attributes
    rendition: Rendition | None = None
    widths: tuple[int, ...] = ()
    densities: tuple[float, ...] = ()

    @property
    def src(self) -> str:
        """The URL of the image."""
        return str(self.attributes.get("src") or "")

    @property
    def srcset(self) -> str:
        """The candidates; empty without any."""
        return str(self.attributes.get("srcset") or "")

    @property
    def sizes(self) -> str:
        """How wide the page shows it; empty without widths to choose from."""
        return str(self.attributes.get("sizes") or "")

    @property
    def width(self) -> Any:
        """Pixels of the page; ``None`` where they are unknown."""
        return self.attributes.get("width")

    @property
    def height(self) -> Any:
        """Pixels of the page; ``None`` where they are unknown."""
        return self.attributes.get("height")

    @property
    def alt(self) -> str:
        """The text in place of the image."""
        return str(self.attributes.get("alt") or "")

    def __str__(self) -> SafeString:
        context = {"attributes": self.attributes, "picture": self}
        written = render_override("img.html", context)
        return format_html("<img{}>", self.attributes) if written is None else written

    def __html__(self) -> SafeString:
        """Write it for a template."""
        return self.__str__()


def responsive_image(image: Any, stack: str = "", **arguments: Any) -> SafeString:
    """Write an ``<img>`` of an image field's value; nothing for an empty or broken one.

    ``arguments`` are those of ``read_picture``. What cannot be shown is a line in the log, and
    under ``DEBUG`` one on the page.
    """
    try:
        return write_element(_write_image, image, stack, arguments, "img.html")
    except NoImage as error:
        return write_missing(image, error, alt=arguments.get("alt"))


def write_element(
    write: Callable[..., SafeString],
    image: Any,
    stack: str,
    arguments: dict[str, Any],
    *templates: str,
) -> SafeString:
    """Write an element by the plan of its call site; raise ``NoImage`` where there is nothing.

    ``write`` writes it without one, as it does where a project has one of the ``templates``, or
    where not all is known beforehand.
    """
    alt = arguments.get("alt")
    is_plain = alt is None or type(alt) in _TEXTS
    is_plain = is_plain and arguments.get("placeholder") not in ROW_PLACEHOLDERS
    if not (image and is_plain) or is_debug() or any(map(is_overridden, templates)):
        return write(image, stack, **arguments)
    place = find_place(image, arguments.get("by") or "", arguments.get("storage"))
    if place.reference is None and not place.old_url:
        raise NoImage(is_logged=True)
    steady: dict[str, Any] = {"alt": stand_for("alt")}
    texts = {"alt": escape(_find_alt(image, alt))}
    for name, value in arguments.items():
        if name[:5] in _OF_ONE_IMAGE and type(value) in _TEXTS:
            steady[name], texts[name] = stand_for(name), escape(value)
        elif name not in _ABOUT_THE_PLACE:
            steady[name] = value
    written = write_planned(write, place, stack, steady, texts)
    if written is None:
        return write(image, stack, **arguments)
    return SafeString(written)


def _write_image(image: Any, stack: str, **arguments: Any) -> SafeString:
    return read_picture(image, stack, **arguments).__str__()


def read_image(image: Any, stack: str = "", **arguments: Any) -> Picture | None:
    """Return the attributes of an ``<img>``, for markup of one's own; ``None`` without an image.

    ``arguments`` are those of ``read_picture``.
    """
    try:
        return read_picture(image, stack, **arguments)
    except NoImage as error:
        log_missing(image, error)
        return None


def read_picture(
    image: Any,
    stack: str = "",
    *,
    widths: str | int | Iterable[int] = (),
    densities: str | float | Iterable[float] = (),
    sizes: str | None = None,
    alt: str | None = None,
    by: str = "",
    storage: str | None = None,
    placeholder: Any = None,
    attrs: Mapping[str, Any] | None = None,
    **others: Any,
) -> Picture:
    """Return an image as a page shows it; raise ``NoImage`` where there is none.

    Without ``alt`` it is the text of the field's ``alt_field``. ``by="alias"`` links to the alias
    once it is confirmed. Parts of the URL are those of ``image_url``, everything else is an
    attribute: ``data_id`` is written as ``data-id``, and ``attrs`` has those that no argument can
    be named. What the storage's fallback keeps is shown as it is, without a ``srcset``, and with
    the size that the row's columns tell.
    """
    wanted, fine = read_widths(widths), read_densities(densities)
    with refusing():
        parts, named = split_parts(others)
    style = {"style": write_placeholder(image, placeholder) or None}
    given = Attributes.join(style, attrs, named)
    loading = "eager" if given.get("fetchpriority") == "high" else "lazy"
    told = {"alt": _find_alt(image, alt), "loading": loading, "decoding": "async"}
    found = find_rendition(image, stack, by=by, storage=storage, parts=parts)
    if isinstance(found, str):
        return Picture(Attributes.join(_describe_old(image, found), told, given))
    with refusing():
        shown = _describe(found, found.write_srcset(wanted, fine), sizes=sizes)
    return Picture(Attributes.join(shown, told, given), found, tuple(wanted), tuple(fine))


def find_rendition(
    image: Any, stack: str, *, by: str, storage: str | None, parts: Mapping[str, Any]
) -> Rendition | str:
    """Return an image through a stack, or the URL of what the fallback keeps.

    Raise ``NoImage`` where there is nothing to show, ``ImproperlyConfigured`` for a ``storage``
    that is none.
    """
    if not image:
        raise NoImage
    try:
        place = find_place(image, by, storage)
    except InvalidReference as error:
        raise NoImage(str(error)) from error
    if place.old_url:
        return place.old_url
    if place.reference is None:
        raise NoImage(is_logged=True)
    with refusing():
        stack = stack or place.default_stack
        rendition = get_rendition(place.storage, place.reference, stack, **parts)
    if is_debug():
        _warn_of_stack(rendition)
    return rendition


def srcset(rendition: Rendition, widths: Iterable[int]) -> str:
    """Write a ``srcset`` value with width descriptors, none wider than the image allows."""
    return rendition.write_srcset(widths)


def image_tag(
    rendition: Rendition, *, alt: str = "", attributes: Mapping[str, Any] | None = None
) -> SafeString:
    """Write an ``<img>`` with its size, lazy and asynchronous unless the attributes say else."""
    shown = {"src": str(rendition), "width": rendition.width, "height": rendition.height}
    told = {"alt": alt, "loading": "lazy", "decoding": "async"}
    return format_html("<img{}>", Attributes.join(shown, told, attributes))


def _describe(rendition: Rendition, candidates: str, *, sizes: str | None) -> dict[str, Any]:
    """Return what an image is; without widths to choose from, ``sizes`` says nothing."""
    return {
        "src": str(rendition),
        "srcset": candidates or None,
        "sizes": (sizes or DEFAULT_SIZES) if candidates.endswith("w") else None,
        "width": rendition.width,
        "height": rendition.height,
    }


def _describe_old(image: Any, url: str) -> dict[str, Any]:
    """Return what a file of the fallback is; only our own value has a size without opening it."""
    size = (image.width, image.height) if hasattr(image, "url_for") else (None, None)
    return {"src": url, "width": size[0], "height": size[1]}


def _find_alt(image: Any, alt: str | None) -> Any:
    """Return the text in place of an image: the argument, else that of the row."""
    if alt is not None:
        return alt or ""
    if not getattr(getattr(image, "field", None), "alt_field", "") and is_debug():
        logger.warning(
            "No alt for %r: write alt='...', alt='' for a picture that only decorates, or give"
            " its field an alt_field.",
            str(image)[:200],
        )
    return getattr(image, "alt", "")


def _warn_of_stack(rendition: Rendition) -> None:
    """Say that a stack is none of those that the project declares; rokka may have it still."""
    declared = rendition.storage.stack_definitions
    if declared and not rendition.url.is_dynamic and rendition.url.stack not in declared:
        logger.warning(
            "Unknown stack %r, must be one of: %s. Declare it in the option stacks, or correct its"
            " name.",
            rendition.url.stack,
            ", ".join(sorted(declared)),
        )
