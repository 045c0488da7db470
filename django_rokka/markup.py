"""HTML of images, written from references alone: no request, no query."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from django_rokka.conf import is_debug
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import (
    ImageReference,
    Operation,
    RenderURL,
    StackDefinition,
    check_alias_name,
    rendered_size,
)
from django_rokka.render.candidates import choose_widths
from django_rokka.storage import RokkaStorage, get_rokka_storage, require_rokka_storage
from django_rokka.storage.configured import is_own_name

__all__ = [
    "LINKS",
    "Rendition",
    "alias_url",
    "choose_link",
    "get_rendition",
    "image_tag",
    "image_url",
    "preview",
    "read_widths",
    "responsive_image",
    "srcset",
]

logger = logging.getLogger("django_rokka.markup")

LINKS = ("hash", "alias")
"""What a render URL may link to."""

_URL_PARTS = frozenset({"format", "filename", "options", "variables"})

WIDTH_VARIABLE = "w"
"""The stack variable that holds the width of the result, where a declared stack has it."""


class Rendition(NamedTuple):
    """An image through a stack: its URL's parts, and its size in pixels where that is known.

    ``operations`` are those of a declared stack; ``None`` where they are not known, or stand in
    the URL itself.
    """

    storage: RokkaStorage
    reference: ImageReference
    url: RenderURL
    width: int | None
    height: int | None
    operations: tuple[Operation, ...] | None
    has_width_variable: bool

    def __str__(self) -> str:
        return self.storage.build_url(self.url, is_protected=self.reference.is_protected)

    @property
    def widest(self) -> int | None:
        """The widest result in pixels that needs no upscaling; ``None`` when it is unknown."""
        if not self.reference.has_size:
            return None
        width, height = self.reference.width or 0, self.reference.height or 0
        if self.width is None or self.height is None:
            return width
        return max(1, min(width, height * self.width // self.height))

    @property
    def is_resizable(self) -> bool:
        """Whether other widths can be had: not from a stack known to have nothing to resize."""
        if self.has_width_variable or self.operations is None:
            return True
        if self.width is None:
            return any(operation.name == "resize" for operation in self.operations)
        return bool(_scale(self.operations, 1))

    def resized(self, width: int) -> str:
        """Write the URL of the same rendition, ``width`` pixels wide, in its own ratio."""
        if self.has_width_variable:
            url = self.url.resized(width, variable=WIDTH_VARIABLE)
        elif self.width and self.operations:
            scaled = _scale(self.operations, width / self.width)
            url = self.url._replace(overrides=scaled)
        else:
            url = self.url.resized(width)
        return self.storage.build_url(url, is_protected=self.reference.is_protected)


def image_url(
    image: Any, stack: str = "", *, by: str = "", storage: str | None = None, **parts: Any
) -> str:
    """Write the render URL of an image; nothing for an empty one.

    ``image`` is the value of an image field, or the text of a reference. ``by`` is ``"hash"`` or
    ``"alias"``; ``storage`` names the storage, for a text where there are several. ``parts`` are
    those of ``RokkaStorage.get_render_url``. What the storage's fallback keeps has its URL there,
    whatever the stack.
    """
    if not image:
        return ""
    if storage is None and hasattr(image, "url_for"):
        url: str = image.url_for(stack, by=by, **parts)
        return url
    home = _find_storage(image, storage)
    if _is_elsewhere(image, home):
        return home.url(str(image))
    reference = _find_link(image, by, storage=home)
    if reference is None:
        return ""
    return home.url(reference, stack or _get_default_stack(image), **parts)


def alias_url(
    name: str, stack: str = "", *, format: str = "png", storage: str | None = None, **parts: Any
) -> str:
    """Write the render URL of an alias; raise ``InvalidAliasName`` for what rokka routes not."""
    check_alias_name(name)
    reference = ImageReference("", alias=name, extension=format)
    return get_rokka_storage(storage).url(reference, stack, **parts)


def choose_link(reference: ImageReference, *, by: str, alias_format: str = "png") -> ImageReference:
    """Return what a URL links to: the image by its hash, or by its alias once it is confirmed.

    Raise ``ValueError`` when ``by`` is neither ``"hash"`` nor ``"alias"``.
    """
    if by not in LINKS:
        raise ValueError(f"Unknown way to render {by!r}, must be one of: 'hash', 'alias'.")
    return reference.by_alias(alias_format) if by == "alias" and reference.alias else reference


def responsive_image(
    image: Any,
    stack: str = "",
    *,
    widths: str | int | Iterable[int] = (),
    alt: str | None = None,
    by: str = "",
    storage: str | None = None,
    **attributes: Any,
) -> SafeString:
    """Write an ``<img>`` of an image field's value; nothing for an empty or broken one.

    Without ``alt`` it is the text of the field's ``alt_field``. ``by="alias"`` links to the alias
    once it is confirmed. A value that the stack cannot compute
    with is an ``InvalidRenderURL`` under ``DEBUG``, else a line in the log.
    ``format``, ``filename``, ``options`` and ``variables`` belong to the URL, everything else is
    an attribute: ``data_id`` is written as ``data-id``. What the storage's fallback keeps is
    shown as it is, without a ``srcset``, and with the size that the row's columns tell.
    """
    parts = {name: attributes.pop(name) for name in _URL_PARTS & set(attributes)}
    if not image:
        return SafeString("")
    if alt is None:
        alt = getattr(image, "alt", "")
    home = _find_storage(image, storage)
    if _is_elsewhere(image, home):
        return _write_old(image, home, alt=alt, attributes=attributes)
    reference = _find_link(image, by, storage=home)
    if reference is None:
        return SafeString("")
    try:
        rendition = get_rendition(home, reference, stack or _get_default_stack(image), **parts)
        return image_tag(rendition, widths=read_widths(widths), alt=alt, attributes=attributes)
    except (ImproperlyConfigured, InvalidRenderURL) as error:
        if is_debug() and isinstance(error, InvalidRenderURL):
            raise
        logger.error("No image for %s: %s", reference, error)
        return SafeString("")


def get_rendition(
    storage: RokkaStorage, reference: ImageReference, stack: str = "", **parts: Any
) -> Rendition:
    """Return an image through a stack; ``parts`` are those of ``RokkaStorage.get_render_url``.

    The size follows from the definition of the stack, so it is known for the dynamic stack and
    for the stacks that the storage declares. Raise ``InvalidRenderURL`` for a value that a stack
    cannot compute with.
    """
    url = storage.get_render_url(reference, stack, **parts)
    definition = storage.stack_definitions.get(url.stack)
    operations: tuple[Operation, ...] | None = url.operations if url.is_dynamic else None
    if definition is not None:
        operations = _resolve(definition, url, reference)
    size = None
    if operations is not None and reference.width and reference.height:
        size = rendered_size(operations, reference.width, reference.height)
    return Rendition(
        storage=storage,
        reference=reference,
        url=url,
        width=size[0] if size else None,
        height=size[1] if size else None,
        operations=None if url.is_dynamic else operations,
        has_width_variable=definition is not None and WIDTH_VARIABLE in definition.variables,
    )


def srcset(rendition: Rendition, widths: Iterable[int]) -> str:
    """Write a ``srcset`` value with width descriptors, none wider than the image allows."""
    if not rendition.is_resizable:
        return ""
    return ", ".join(
        f"{rendition.resized(width)} {width}w"
        for width in choose_widths(widths, limit=rendition.widest)
    )


def image_tag(
    rendition: Rendition,
    *,
    widths: Iterable[int] = (),
    alt: str | None = "",
    attributes: Mapping[str, Any] | None = None,
) -> SafeString:
    """Write an ``<img>`` with its size, lazy and asynchronous unless the attributes say else.

    ``attributes`` may set any other attribute, and ``None`` or ``False`` leaves one out. An
    empty ``alt`` marks a picture that only decorates, and none at all is written as an empty one.
    """
    return _write_image(
        str(rendition),
        candidates=srcset(rendition, widths),
        size=(rendition.width, rendition.height),
        alt=alt,
        attributes=attributes or {},
    )


def preview(
    storage: Storage, name: str, *, width: int = 240, height: int = 160, is_linked: bool = False
) -> SafeString:
    """Write a small ``<img>`` that fits into ``width`` x ``height`` pixels, for lists and forms.

    It is rendered by hash, so that it shows the new picture as soon as there is one. What the
    storage's fallback keeps is shown as it is, ``width`` pixels wide, and within a link to it
    where it ``is_linked``. Raise ``InvalidReference`` for a name that is none,
    ``ImproperlyConfigured`` for a storage that is none of rokka's or lacks a setting.
    """
    home = require_rokka_storage(storage, keeps=repr(name))
    fallback = home.find_fallback(name)
    if fallback is not None:
        return _preview_old(fallback, name, width=width, is_linked=is_linked)
    reference = ImageReference.parse(name)
    box = Operation("resize", width=width, height=height, upscale=False)
    rendition = get_rendition(home, reference, operations=(box,), options={"dpr": 2})
    return image_tag(rendition, alt="", attributes={"class": "rokka-thumbnail"})


def read_widths(text: str | int | Iterable[int]) -> list[int]:
    """Read widths in pixels from ``"400 800"``, one number or several.

    Raise ``ValueError`` for anything that is no positive number.
    """
    values = text.split() if isinstance(text, str) else text
    if not isinstance(values, Iterable):
        values = [values]
    widths = [int(value) if str(value).isdecimal() else 0 for value in values]
    if 0 in widths:
        raise ValueError(f"The widths {text!r} cannot be read; write pixels, as in '400 800'.")
    return widths


def _write_image(
    source: str,
    *,
    candidates: str = "",
    size: tuple[int | None, int | None] = (None, None),
    alt: str | None,
    attributes: Mapping[str, Any],
) -> SafeString:
    """Write an ``<img>``; without candidates for a ``srcset``, ``sizes`` says nothing."""
    written = {
        "src": source,
        "srcset": candidates or None,
        "width": size[0],
        "height": size[1],
        "alt": alt or "",
        "loading": "lazy",
        "decoding": "async",
        **attributes,
    }
    if not candidates:
        written.pop("sizes", None)
    pairs = (
        (name.rstrip("_").replace("_", "-"), _quote(value))
        for name, value in written.items()
        if value is not None and value is not False
    )
    return format_html("<img{}>", format_html_join("", ' {}="{}"', pairs))


def _write_old(
    image: Any, storage: RokkaStorage, *, alt: str | None, attributes: Mapping[str, Any]
) -> SafeString:
    """Write the ``<img>`` of what the fallback keeps; nothing where there is no such fallback."""
    url = storage.url(str(image))
    if not url:
        return SafeString("")
    # Only our own value tells a size without opening the file.
    size = (image.width, image.height) if hasattr(image, "url_for") else (None, None)
    return _write_image(url, size=size, alt=alt, attributes=attributes)


def _preview_old(fallback: Storage, name: str, *, width: int, is_linked: bool) -> SafeString:
    try:
        url = fallback.url(name)
    except Exception:  # whatever a foreign storage raises, the page has to be shown
        logger.exception("No picture of %r, since its storage has no URL for it", name)
        return format_html("<code>{}</code>", name)
    # Its size is not known; one side keeps a large picture from filling the page.
    attributes = {"class": "rokka-thumbnail"}
    picture = _write_image(url, size=(width, None), alt=name, attributes=attributes)
    return format_html('<a href="{}">{}</a>', url, picture) if is_linked else picture


def _quote(value: Any) -> SafeString:
    """Escape an attribute's value; the texts of a template are "safe", but may hold quotes."""
    return mark_safe(conditional_escape(value).replace('"', "&quot;"))  # noqa: S308  # just escaped


def _find_storage(image: Any, alias: str | None) -> RokkaStorage:
    storage = getattr(image, "storage", None) if alias is None else None
    return storage if isinstance(storage, RokkaStorage) else get_rokka_storage(alias)


def _is_elsewhere(image: Any, storage: RokkaStorage) -> bool:
    """Say whether an image is a file that the storage's fallback keeps; an upload is none yet."""
    if not storage.fallback_alias or isinstance(image, ImageReference):
        return False
    return getattr(image, "_committed", True) and not is_own_name(str(image))


def _find_link(image: Any, by: str, *, storage: RokkaStorage) -> ImageReference | None:
    if hasattr(image, "get_link"):
        link: ImageReference | None = image.get_link(by)
        return link
    is_read = isinstance(image, ImageReference)
    reference = image if is_read else storage.read_reference(str(image))
    return None if reference is None else choose_link(reference, by=by or "hash")


def _get_default_stack(image: Any) -> str:
    return str(getattr(getattr(image, "field", None), "default_stack", ""))


def _resolve(
    definition: StackDefinition, url: RenderURL, reference: ImageReference
) -> tuple[Operation, ...]:
    """Return the operations of a declared stack for an image.

    Expressions may ask for the size of the image; where it is not known, nor are their results.
    """
    if not reference.has_size:
        return tuple(Operation(item.name, **item.options) for item in definition.operations)
    operations, _ = definition.resolve(
        variables=url.variables,
        overrides=url.overrides,
        options=url.options,
        image={"width": reference.width, "height": reference.height},
    )
    return operations


def _scale(operations: Iterable[Operation], factor: float) -> tuple[Operation, ...]:
    return tuple(
        Operation(
            operation.name,
            **{
                side: max(1, round(float(operation.options[side]) * factor))
                for side in ("width", "height")
                if side in operation.options
            },
        )
        for operation in operations
        if operation.name in ("resize", "crop") and operation.options.get("mode") != "ratio"
    )
