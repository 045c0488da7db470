"""The templates of the elements, where a project has its own."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver
from django.template import TemplateDoesNotExist, loader
from django.utils.safestring import SafeString, mark_safe

from django_rokka.conf import is_debug

__all__ = ["is_overridden", "render_override"]

_FOLDER = "django_rokka"
_OURS = Path(__file__).parents[1] / "templates"


def render_override(name: str, context: Mapping[str, Any]) -> SafeString | None:
    """Render ``django_rokka/<name>`` where a project overrides it; ``None`` where it does not.

    The templates of this package say in a template's words what is written without one, faster.
    """
    template = find_template(name) if is_debug() else _find_template_once(name)
    if template is None:
        return None
    written: str = template.render(dict(context))
    return mark_safe(written.strip())  # noqa: S308  # the engine has escaped it


def is_overridden(name: str) -> bool:
    """Say whether a project has a template of its own, which under ``DEBUG`` may come later."""
    return _find_template_once(name) is not None


def find_template(name: str) -> Any:
    """Return a template that is not this package's own, or ``None``."""
    try:
        template: Any = loader.get_template(f"{_FOLDER}/{name}")
    except TemplateDoesNotExist:  # as with Jinja2 alone, whose folders are others
        return None
    is_ours = Path(str(template.origin.name)) == _OURS / _FOLDER / name
    return None if is_ours else template


_find_template_once = functools.cache(find_template)


@receiver(setting_changed)
def _forget_templates(*, setting: str, **kwargs: Any) -> None:
    if setting == "TEMPLATES":
        _find_template_once.cache_clear()
