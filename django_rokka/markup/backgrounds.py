"""Pictures behind text, by CSS."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from django_rokka.markup.elements import find_rendition
from django_rokka.markup.missing import NoImage, log_missing, refusing
from django_rokka.markup.numbers import read_densities
from django_rokka.markup.urls import read_parts

__all__ = ["background"]

# What ends an unquoted url(), a <style> or an attribute; CSS has its own way to write them.
_UNSAFE = re.compile(r"""[^A-Za-z0-9_.~:/?#@!$*+,;=%-]""")


def background(
    image: Any,
    stack: str = "",
    *,
    densities: str | float | Iterable[float] = (1, 2),
    by: str = "",
    storage: str | None = None,
    **arguments: Any,
) -> SafeString:
    """Write declarations of CSS for a background picture, for an attribute or a ``<style>``.

    ``image-set()`` offers the densities, none finer than the original, and before it stands the
    plain picture for browsers that do not know it. ``arguments`` are the parts of a URL.
    """
    fine = read_densities(densities)
    try:
        with refusing():
            parts = read_parts(arguments)
            found = find_rendition(image, stack, by=by, storage=storage, parts=parts)
            plain = f"background-image:{_write_url(str(found))}"
            candidates = [] if isinstance(found, str) else found.find_densities(fine)
    except NoImage as error:
        log_missing(image, error)
        return SafeString("")
    if len(candidates) > 1:
        offered = ",".join(f"{_write_url(url)} {density:g}x" for url, density in candidates)
        plain += f";background-image:image-set({offered})"
    return mark_safe(plain)  # noqa: S308  # nothing but CSS without quotes, brackets and ampersands


def _write_url(url: str) -> str:
    return f"url({_UNSAFE.sub(lambda match: f'{chr(92)}{ord(match[0]):06x}', url)})"
