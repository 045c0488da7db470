"""HTML of images, written from references alone: no request, no query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_rokka.deferral import defer

if TYPE_CHECKING:
    from django_rokka.markup.attributes import Attributes
    from django_rokka.markup.backgrounds import background
    from django_rokka.markup.elements import (
        Picture,
        image_tag,
        read_image,
        responsive_image,
        srcset,
    )
    from django_rokka.markup.expiring import ShortLived, find_short_lived
    from django_rokka.markup.finding import LINKS, choose_link
    from django_rokka.markup.numbers import read_densities, read_widths
    from django_rokka.markup.pictures import Source, read_source, responsive_picture
    from django_rokka.markup.preloads import preload
    from django_rokka.markup.previews import preview
    from django_rokka.markup.renditions import Rendition, get_rendition
    from django_rokka.markup.urls import alias_url, image_srcset, image_url
    from django_rokka.markup.videos import video
else:
    __getattr__, __dir__ = defer(
        __name__,
        {
            "attributes": ["Attributes"],
            "backgrounds": ["background"],
            "elements": ["Picture", "image_tag", "read_image", "responsive_image", "srcset"],
            "expiring": ["ShortLived", "find_short_lived"],
            "finding": ["LINKS", "choose_link"],
            "numbers": ["read_densities", "read_widths"],
            "pictures": ["Source", "read_source", "responsive_picture"],
            "preloads": ["preload"],
            "previews": ["preview"],
            "renditions": ["Rendition", "get_rendition"],
            "urls": ["alias_url", "image_srcset", "image_url"],
            "videos": ["video"],
        },
    )

__all__ = [
    "LINKS",
    "Attributes",
    "Picture",
    "Rendition",
    "ShortLived",
    "Source",
    "alias_url",
    "background",
    "choose_link",
    "find_short_lived",
    "get_rendition",
    "image_srcset",
    "image_tag",
    "image_url",
    "preload",
    "preview",
    "read_densities",
    "read_image",
    "read_source",
    "read_widths",
    "responsive_image",
    "responsive_picture",
    "srcset",
    "video",
]
