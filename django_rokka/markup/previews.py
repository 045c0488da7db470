"""Small pictures for lists and forms."""

from __future__ import annotations

import logging

from django.core.files.storage import Storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

from django_rokka.markup.attributes import Attributes
from django_rokka.markup.elements import image_tag
from django_rokka.markup.renditions import get_rendition
from django_rokka.render import ImageReference, Operation
from django_rokka.storage import require_rokka_storage

__all__ = ["preview"]

logger = logging.getLogger("django_rokka.markup")


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
    return image_tag(rendition, attributes={"class": "rokka-thumbnail"})


def _preview_old(fallback: Storage, name: str, *, width: int, is_linked: bool) -> SafeString:
    try:
        url = fallback.url(name)
    except Exception:  # whatever a foreign storage raises, the page has to be shown
        logger.exception("No picture of %r, since its storage has no URL for it", name)
        return format_html("<code>{}</code>", name)
    # Its height is not known; one side keeps a large picture from filling the page.
    attributes = Attributes(
        {
            "src": url,
            "width": width,
            "alt": name,
            "loading": "lazy",
            "decoding": "async",
            "class": "rokka-thumbnail",
        }
    )
    picture = format_html("<img{}>", attributes)
    return format_html('<a href="{}">{}</a>', url, picture) if is_linked else picture
