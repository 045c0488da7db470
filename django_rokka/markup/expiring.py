"""Signatures in templates that end before the fragment around them does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.template import Context, Node, TemplateSyntaxError, engines
from django.template.backends.django import DjangoTemplates
from django.templatetags.cache import CacheNode

__all__ = ["ShortLived", "find_short_lived"]

_TAGS = "django_rokka.templatetags.rokka"
_WORDS = ("expires_in", "{% cache ")


class ShortLived(NamedTuple):
    """A signature of ``expires_in`` seconds in a fragment that is kept for ``kept`` seconds."""

    template: Path
    expires_in: float
    kept: float


def find_short_lived() -> Iterator[ShortLived]:
    """Yield what ``{% cache %}`` keeps for too long, in all templates that Django would find.

    Only numbers are compared, no variables, and what a fragment includes is not followed.
    """
    for engine in engines.all():
        if not isinstance(engine, DjangoTemplates):
            continue
        for folder in engine.template_dirs:
            for path in sorted(Path(folder).rglob("*.*")):
                yield from _find_in(path, engine)


def _find_in(path: Path, engine: DjangoTemplates) -> Iterator[ShortLived]:
    text = path.read_text(encoding="utf-8", errors="ignore") if path.is_file() else ""
    if not all(word in text for word in _WORDS):
        return
    try:
        template = engine.engine.from_string(text)
    except TemplateSyntaxError:  # a page says so, better than we could
        return
    caches: list[Any] = template.nodelist.get_nodes_by_type(CacheNode)
    for cache in caches:
        kept = _read_number(cache.expire_time_var)
        for node in cache.nodelist.get_nodes_by_type(Node):
            expires_in = _read_number(_get_arguments(node).get("expires_in"))
            if kept is not None and expires_in is not None and expires_in < kept:
                yield ShortLived(path, expires_in, kept)


def _get_arguments(node: Any) -> dict[str, Any]:
    """Return the named arguments of a tag of ours; none of any other node."""
    function = getattr(node, "func", type(node))
    return dict(node.kwargs) if function.__module__ == _TAGS else {}


def _read_number(expression: Any) -> float | None:
    """Return a number that stands in the template itself."""
    value = None if expression is None else expression.resolve(Context(), ignore_failures=True)
    return value if isinstance(value, int | float) else None
