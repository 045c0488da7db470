"""Small pictures in the lists of the admin."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from django_rokka.exceptions import RokkaError
from django_rokka.markup import preview

__all__ = ["thumbnail"]

logger = logging.getLogger("django_rokka.admin")


def thumbnail(
    field: str, *, width: int = 96, height: int = 64, description: str | None = None
) -> Callable[[Model], SafeString]:
    """Return a column for ``list_display`` that shows an image field: no query, no request.

    ``width`` and ``height`` are the pixels it has to fit into::

        class BrandAdmin(admin.ModelAdmin):
            list_display = ("name", thumbnail("logo"))
    """

    @admin.display(description=description or _("image"), ordering=field, empty_value="-")
    def show(instance: Model) -> SafeString:
        image = getattr(instance, field)
        if not image:
            return SafeString("")
        try:
            return preview(image.storage, image.name, width=width, height=height)
        except (RokkaError, ImproperlyConfigured) as error:
            logger.warning("No thumbnail of %s %s: %s", instance._meta.label, instance.pk, error)
            return format_html('<span title="{}">⚠</span>', error)

    show.__name__ = f"{field}_thumbnail"
    return show
