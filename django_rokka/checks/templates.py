"""Templates that keep a signature for longer than it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning

from django_rokka.markup import find_short_lived

__all__ = ["check_cached_signatures"]


@register("rokka", deploy=True)
def check_cached_signatures(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Warn of ``{% cache %}`` around a signature that ends before the fragment does."""
    return [
        CheckWarning(
            f"'{found.template}' keeps a fragment for {found.kept:g} seconds in which an image is"
            f" signed for {found.expires_in:g}.",
            hint="Give the image an expires_in that is longer than the {% cache %} around it.",
            id="django_rokka.W058",
        )
        for found in find_short_lived()
    ]
