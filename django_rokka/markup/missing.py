"""What a page shows in place of an image that it cannot show."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.html import format_html
from django.utils.safestring import SafeString

from django_rokka.conf import is_debug
from django_rokka.exceptions import InvalidReference, InvalidRenderURL
from django_rokka.markup.attributes import escape
from django_rokka.markup.overriding import render_override

__all__ = ["NoImage", "log_missing", "refusing", "write_missing"]

logger = logging.getLogger("django_rokka.markup")


class NoImage(Exception):
    """There is nothing to show; without a reason because there is no image."""

    def __init__(self, reason: str = "", *, is_logged: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_logged = is_logged


@contextmanager
def refusing() -> Iterator[None]:
    """Make ``NoImage`` of what cannot be rendered."""
    try:
        yield
    except (ImproperlyConfigured, InvalidReference, InvalidRenderURL) as error:
        raise NoImage(str(error)) from error


def log_missing(image: Any, error: NoImage) -> None:
    """Log why there is no image, unless the place for it is empty."""
    if error.reason and not error.is_logged:
        logger.error("No image for %r: %s", str(image)[:200], error.reason)


def write_missing(image: Any, error: NoImage, *, alt: str | None = None) -> SafeString:
    """Write what ``missing.html`` says: by itself nothing, and why under ``DEBUG``."""
    log_missing(image, error)
    reason = error.reason if is_debug() else ""
    is_empty = not (error.reason or error.is_logged)
    context = {"image": image, "reason": reason, "is_empty": is_empty, "alt": alt or ""}
    written = render_override("missing.html", context)
    if written is not None:
        return written
    if not reason:
        return SafeString("")
    return format_html('<strong class="rokka-missing">{}</strong>', escape(reason))
