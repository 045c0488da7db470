"""Images that a page needs at once, asked for before the browser finds them."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from django_rokka.markup.attributes import Attributes
from django_rokka.markup.elements import read_picture
from django_rokka.markup.missing import NoImage, log_missing
from django_rokka.markup.overriding import render_override

__all__ = ["preload"]

_OF_AN_IMAGE = ("src", "srcset", "sizes", "width", "height", "alt", "loading", "decoding", "style")


def preload(image: Any, stack: str = "", **arguments: Any) -> SafeString:
    """Write a ``<link>`` for the head of a page, with the candidates of the same ``<img>``.

    ``arguments`` are those of the ``<img>`` that are about its URL, and attributes of a link such
    as ``media``, ``type`` and ``fetchpriority``. With candidates it has no ``href``, so that a
    browser which does not know ``imagesrcset`` loads nothing twice.
    """
    try:
        picture = read_picture(image, stack, **{**arguments, "alt": ""})
    except NoImage as error:
        log_missing(image, error)
        return SafeString("")
    told = {
        "rel": "preload",
        "as": "image",
        "href": None if picture.srcset else picture.src,
        "imagesrcset": picture.srcset or None,
        "imagesizes": picture.sizes or None,
    }
    attributes = Attributes.join(told, picture.attributes.without(*_OF_AN_IMAGE))
    written = render_override("preload.html", {"attributes": attributes})
    return format_html("<link{}>", attributes) if written is None else written
