"""The tags for Jinja2, by the same names: functions, a filter and an extension that has them all.

Name ``"django_rokka.jinja2.RokkaExtension"`` among the extensions of an environment.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment
from jinja2.ext import Extension

from django_rokka import markup

__all__ = [
    "RokkaExtension",
    "rokka_background",
    "rokka_image",
    "rokka_img",
    "rokka_picture",
    "rokka_preload",
    "rokka_source",
    "rokka_srcset",
    "rokka_url",
    "rokka_url_for_alias",
    "rokka_video",
]

rokka_background = markup.background
rokka_image = markup.read_image
rokka_img = markup.responsive_image
rokka_picture = markup.responsive_picture
rokka_preload = markup.preload
rokka_source = markup.read_source
rokka_srcset = markup.image_srcset
rokka_url = markup.image_url
rokka_url_for_alias = markup.alias_url
rokka_video = markup.video


class RokkaExtension(Extension):
    """Make the functions known to the templates of an environment, ``rokka_url`` as filter too."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        functions: dict[str, Any] = {
            "rokka_background": rokka_background,
            "rokka_image": rokka_image,
            "rokka_img": rokka_img,
            "rokka_picture": rokka_picture,
            "rokka_preload": rokka_preload,
            "rokka_source": rokka_source,
            "rokka_srcset": rokka_srcset,
            "rokka_url": rokka_url,
            "rokka_url_for_alias": rokka_url_for_alias,
            "rokka_video": rokka_video,
        }
        environment.globals.update(functions)
        environment.filters["rokka_url"] = rokka_url
