"""Template tags: ``{% load rokka %}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def rokka_url(image: Any, stack: str = "", **parts: Any) -> str:
    """Write the render URL of an image: ``{% rokka_url brand.logo 'thumb' %}``.

    ``by='alias'`` links to the alias. ``format``, ``filename`` and ``storage`` may follow.
    """
    from django_rokka import markup  # with the first tag that a page has

    return markup.image_url(image, stack, **parts)


@register.simple_tag
def rokka_url_for_alias(name: str, stack: str = "", *, format: str = "png", **parts: Any) -> str:
    """Write the render URL of an alias: ``{% rokka_url_for_alias 'header' 'mail' %}``."""
    from django_rokka import markup

    return markup.alias_url(name, stack, format=format, **parts)


@register.simple_tag
def rokka_img(
    image: Any, stack: str = "", *, widths: Any = (), alt: str | None = None, **attributes: Any
) -> SafeString:
    """Write an ``<img>``: ``{% rokka_img hero 'content' widths='400 800' sizes='100vw' %}``.

    ``by``, ``format``, ``filename`` and ``storage`` are those of ``rokka_url``. Without ``alt`` it
    is the text of the field's ``alt_field``; ``alt=''`` marks a picture that only decorates. Any
    other argument becomes an attribute, ``data_id`` is written as ``data-id``.
    """
    from django_rokka import markup

    return markup.responsive_image(image, stack, widths=widths, alt=alt, **attributes)
