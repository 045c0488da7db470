"""The table of snippets: each a template on a line of its own, and below it its whole HTML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.template import Context, Template
from jinja2 import Environment

from django_rokka.jinja2 import RokkaExtension

__all__ = ["SNIPPETS", "render_django", "render_jinja2", "translate"]

_TABLE = Path(__file__).with_name("snippets.txt")

_BLOCK = re.compile(r"\{% (rokka_image) (.+?) as (\w+) %\}")
_NAMED = re.compile(r"\{% (rokka_\w+) (.+?) as (\w+) %\}")
_PLAIN = re.compile(r"\{% (rokka_\w+) (.+?) %\}")
_FILTER = re.compile(r"\|(rokka_url):('\w+')")
_ARGUMENT = re.compile(r"(?:\w+=)?(?:'[^']*'|[^\s']+)")


def _read_table() -> dict[str, str]:
    """Return the HTML by the template."""
    blocks = _TABLE.read_text(encoding="utf-8").removesuffix("\n").split("\n\n")
    pairs = (block.partition("\n") for block in blocks)
    return {
        template: html.removesuffix("\n").replace(r"\u202e", "\u202e")
        for template, _, html in pairs
    }


SNIPPETS = _read_table()


def render_django(template: str, context: dict[str, Any]) -> str:
    return Template("{% load rokka %}" + template).render(Context(context))


def render_jinja2(template: str, context: dict[str, Any]) -> str:
    environment = Environment(autoescape=True, extensions=[RokkaExtension])
    # How an apostrophe is written is the engine's, and the same to a browser.
    written = environment.from_string(translate(template)).render(context)
    return written.replace("&#39;", "&#x27;").replace("&#34;", "&quot;")


def translate(template: str) -> str:
    """Write a template of Django's in the words of Jinja2."""
    text = _BLOCK.sub(lambda m: f"{{% set {m[3]} = {_call(m)} %}}{{% if {m[3]} %}}", template)
    text = text.replace("{% empty %}", "{% else %}").replace("{% endrokka_image %}", "{% endif %}")
    text = _NAMED.sub(lambda m: f"{{% set {m[3]} = {_call(m)} %}}", text)
    text = _PLAIN.sub(lambda m: f"{{{{ {_call(m)} }}}}", text)
    text = re.sub(r"<img\{\{ (\w+\.attributes) \}\}>", r"<img{{ \1 }}>", text)
    return _FILTER.sub(r"|\1(\2)", text)


def _call(match: re.Match[str]) -> str:
    return f"{match[1]}({', '.join(_ARGUMENT.findall(match[2]))})"
