"""Template tags: ``{% load rokka %}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.template.base import token_kwargs

if TYPE_CHECKING:
    from django.template.base import FilterExpression, NodeList, Parser, Token
    from django.utils.safestring import SafeString

    from django_rokka.markup import Source

register = template.Library()


@register.simple_tag
def rokka_url(image: Any, stack: str = "", **arguments: Any) -> str:
    """Write the render URL of an image: ``{% rokka_url brand.logo 'thumb' %}``.

    ``by='alias'`` links to the alias. ``format``, ``filename``, ``operations``, ``options``,
    ``variables``, ``signed``, ``expires_in`` and ``storage`` may follow, ``v_w=800`` is a variable.
    """
    from django_rokka import markup  # with the first tag that a page has

    return markup.image_url(image, stack, **arguments)


@register.filter("rokka_url")
def rokka_url_filter(image: Any, stack: str = "") -> str:
    """Write the render URL of an image: ``{{ brand.logo|rokka_url:'thumb' }}``."""
    from django_rokka import markup

    return markup.image_url(image, stack)


@register.simple_tag
def rokka_url_for_alias(
    name: str, stack: str = "", *, format: str = "png", **arguments: Any
) -> str:
    """Write the render URL of an alias: ``{% rokka_url_for_alias 'header' 'mail' %}``."""
    from django_rokka import markup

    return markup.alias_url(name, stack, format=format, **arguments)


@register.simple_tag
def rokka_srcset(image: Any, stack: str = "", **arguments: Any) -> str:
    """Write the value of a ``srcset``: ``{% rokka_srcset hero 'content' widths='400 800' %}``."""
    from django_rokka import markup

    return markup.image_srcset(image, stack, **arguments)


@register.simple_tag
def rokka_img(image: Any, stack: str = "", **arguments: Any) -> SafeString:
    """Write an ``<img>``: ``{% rokka_img hero 'content' widths='400 800' sizes='100vw' %}``.

    ``densities='1 2'`` stands in place of widths. Without ``alt`` it is the text of the field's
    ``alt_field``; ``alt=''`` marks a picture that only decorates. ``placeholder='blur'`` shows
    something until the picture is there. What is no part of ``rokka_url`` becomes an attribute,
    ``data_id`` is written as ``data-id``.
    """
    from django_rokka import markup

    return markup.responsive_image(image, stack, **arguments)


@register.simple_tag
def rokka_picture(image: Any, stack: str = "", **arguments: Any) -> SafeString:
    """Write a ``<picture>``: ``{% rokka_picture hero 'wide' art='(max-width: 600px) square' %}``.

    ``formats='avif webp'`` are offered to browsers, ``sources`` are those of ``rokka_source``, and
    everything else is that of ``rokka_img``.
    """
    from django_rokka import markup

    return markup.responsive_picture(image, stack, **arguments)


@register.simple_tag
def rokka_source(media: str, stack: str = "", **arguments: Any) -> Source:
    """Describe a picture for other screens: ``{% rokka_source '(max-width: 9em)' 'x' as s %}``."""
    from django_rokka import markup

    return markup.read_source(media, stack, **arguments)


@register.simple_tag
def rokka_background(image: Any, stack: str = "", **arguments: Any) -> SafeString:
    """Write declarations of CSS: ``<div style="{% rokka_background hero 'wide' %}">``."""
    from django_rokka import markup

    return markup.background(image, stack, **arguments)


@register.simple_tag
def rokka_video(image: Any, stack: str = "", **arguments: Any) -> SafeString:
    """Write a ``<video>`` of a video or an animated GIF: ``{% rokka_video clip 'content' %}``."""
    from django_rokka import markup

    return markup.video(image, stack, **arguments)


@register.simple_tag
def rokka_preload(image: Any, stack: str = "", **arguments: Any) -> SafeString:
    """Write a ``<link>`` for the head: ``{% rokka_preload hero 'content' widths='400 800' %}``."""
    from django_rokka import markup

    return markup.preload(image, stack, **arguments)


@register.tag
def rokka_image(parser: Parser, token: Token) -> RokkaImageNode:
    """Give the parts of an ``<img>`` to markup of one's own.

    As in ``{% rokka_image hero 'content' widths='400 800' as picture %}`` and then
    ``<img{{ picture.attributes }}>{% empty %}No picture.{% endrokka_image %}``.
    """
    bits = token.split_contents()[1:]
    name = "picture"
    if len(bits) > 2 and bits[-2] == "as":
        *bits, _, name = bits
    positional = [parser.compile_filter(bit) for bit in bits if "=" not in bit]
    named = token_kwargs([bit for bit in bits if "=" in bit], parser)
    if not 1 <= len(positional) <= 2:
        raise template.TemplateSyntaxError(
            "'rokka_image' takes an image and a stack: {% rokka_image hero 'content' as picture %}."
        )
    content = parser.parse(("empty", "endrokka_image"))
    otherwise = None
    if parser.next_token().contents == "empty":
        otherwise = parser.parse(("endrokka_image",))
        parser.delete_first_token()
    return RokkaImageNode(positional, named, name=name, content=content, otherwise=otherwise)


class RokkaImageNode(template.Node):
    """The content of ``rokka_image``, with the image under a name of the template's choice."""

    child_nodelists = ("content", "otherwise")

    def __init__(
        self,
        positional: list[FilterExpression],
        kwargs: dict[str, FilterExpression],
        *,
        name: str,
        content: NodeList,
        otherwise: NodeList | None,
    ) -> None:
        self.positional = positional
        self.kwargs = kwargs
        self.name = name
        self.content = content
        self.otherwise = template.NodeList() if otherwise is None else otherwise

    def render(self, context: template.Context) -> SafeString:
        """Render the content with the image, or what stands behind ``{% empty %}``."""
        from django_rokka import markup

        image, *stack = [expression.resolve(context) for expression in self.positional]
        named = {name: expression.resolve(context) for name, expression in self.kwargs.items()}
        picture = markup.read_image(image, *stack, **named)
        if picture is None:
            return self.otherwise.render(context)
        with context.push(**{self.name: picture}):
            return self.content.render(context)
