"""URLs of images, for attributes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django_rokka.exceptions import InvalidReference, InvalidRenderURL
from django_rokka.markup.asking import split_parts
from django_rokka.markup.finding import Place, find_place
from django_rokka.markup.missing import NoImage, log_missing, refusing
from django_rokka.markup.plans import write_planned
from django_rokka.render import ImageReference, check_alias_name
from django_rokka.storage import get_rokka_storage

__all__ = ["alias_url", "image_srcset", "image_url"]


def image_url(
    image: Any, stack: str = "", *, by: str = "", storage: str | None = None, **arguments: Any
) -> str:
    """Write the render URL of an image; nothing for an empty one, or for what cannot be rendered.

    ``image`` is the value of an image field, or the text of a reference. ``by`` is ``"hash"`` or
    ``"alias"``; ``storage`` names the storage, for a text where there are several. ``arguments``
    are the parts of the URL: ``format``, ``filename``, ``operations``, ``overrides``, ``options``,
    ``variables``, ``signed`` and ``expires_in``. ``v_title="..."`` is one variable, ``o_dpr=2``
    one option. What the storage's fallback keeps has its URL there, whatever the stack.
    """
    if not image:
        return ""
    try:
        place = find_place(image, by, storage)
        written = write_planned(_write_url, place, stack, arguments)
        if written is not None:
            return written
        parts = read_parts(arguments)
        if place.reference is None:
            return place.old_url
        return place.storage.url(place.reference, stack or place.default_stack, **parts)
    except (InvalidReference, InvalidRenderURL) as error:
        log_missing(image, NoImage(str(error)))
        return ""


def alias_url(
    name: str, stack: str = "", *, format: str = "png", storage: str | None = None, **arguments: Any
) -> str:
    """Write the render URL of an alias; raise ``InvalidAliasName`` for what rokka routes not."""
    check_alias_name(name)
    reference = ImageReference("", alias=name, extension=format)
    try:
        parts = read_parts(arguments)
        return get_rokka_storage(storage).url(reference, stack, **parts)
    except InvalidRenderURL as error:
        log_missing(name, NoImage(str(error)))
        return ""


def image_srcset(
    image: Any,
    stack: str = "",
    *,
    widths: str | int | Iterable[int] = (),
    densities: str | float | Iterable[float] = (),
    by: str = "",
    storage: str | None = None,
    **arguments: Any,
) -> str:
    """Write the value of a ``srcset``; nothing where there are no candidates to choose from."""
    from django_rokka.markup.elements import find_rendition
    from django_rokka.markup.numbers import read_densities, read_widths

    wanted, fine = read_widths(widths), read_densities(densities)
    try:
        with refusing():
            found = find_rendition(
                image, stack, by=by, storage=storage, parts=read_parts(arguments)
            )
            return "" if isinstance(found, str) else found.write_srcset(wanted, fine)
    except NoImage as error:
        log_missing(image, error)
        return ""


def _write_url(
    place: Place,
    stack: str,
    *,
    signed: bool | None = None,
    expires_in: float | timedelta | None = None,
    **arguments: Any,
) -> str:
    """Write a URL as ``RokkaStorage.url`` does, but raise what that would log."""
    storage, reference, *_ = place
    if reference is None:
        return place.old_url
    url = storage.get_render_url(reference, stack, **read_parts(arguments))
    is_protected = reference.is_protected
    return storage.build_url(url, is_protected=is_protected, signed=signed, expires_in=expires_in)


def read_parts(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a URL; raise ``TypeError`` for an argument that is none of them."""
    parts, others = split_parts(arguments)
    for name in others:
        raise TypeError(f"{name!r} is no part of a render URL, such as 'format' or 'variables'.")
    return parts
