"""Template tags: ``{% load rokka %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from django_rokka import markup

register = template.Library()


@register.simple_tag
def rokka_url(image: Any, stack: str = "", **parts: Any) -> str:
    """Write the render URL of an image: ``{% rokka_url brand.logo 'thumb' %}``.

    ``by='alias'`` links to the alias. ``format``, ``filename`` and ``storage`` may follow.
    """
    return markup.image_url(image, stack, **parts)


@register.simple_tag
def rokka_url_for_alias(name: str, stack: str = "", *, format: str = "png", **parts: Any) -> str:
    """Write the render URL of an alias: ``{% rokka_url_for_alias 'header' 'mail' %}``."""
    return markup.alias_url(name, stack, format=format, **parts)


@register.simple_tag
def rokka_img(
    image: Any, stack: str = "", *, widths: Any = (), alt: str | None = "", **attributes: Any
) -> SafeString:
    """Write an ``<img>``: ``{% rokka_img hero 'content' widths='400 800' sizes='100vw' %}``.

    ``by``, ``format``, ``filename`` and ``storage`` are those of ``rokka_url``. Any other argument
    becomes an attribute, ``data_id`` is written as ``data-id``.
    """
    return markup.responsive_image(image, stack, widths=widths, alt=alt, **attributes)
