"""The examples of docs/markup.md: what they say is written is what is written."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from pytest_django import Settings

from django_rokka.storage import RokkaStorage

from tests.markup.gallery import STACKS
from tests.testapp.models import Brand, Photo

DOCS = Path(__file__).parents[2] / "docs" / "markup.md"
SHORT = {
    "c421…a47a": "c421f4e8cefe0fd3aab22832f51e85bacda0a47a",
    "8d02…11fe": "8d02a5e2a5f2ad1bb0bd0d0df0e3a1b6c51411fe",
}
PAIRS = re.findall(
    r"```django\n([^`]*)```\n\n```(?:html|text)\n([^`]*)```", DOCS.read_text(encoding="utf-8")
)
# What the stacks of the examples do; `content` is plainer in them than in the gallery.
EXAMPLES: dict[str, Any] = {
    **STACKS,
    "content": {"operations": [{"name": "resize", "options": {"width": 800}}]},
}


def join(text: str) -> str:
    """Put HTML on one line, as the tags write it."""
    for short, whole in SHORT.items():
        text = text.replace(short, whole)
    text = " ".join(text.split())
    return re.sub(r"(?<=>) (?=<)", "", text)


@pytest.fixture
def acme(settings: Settings) -> RokkaStorage:
    options = {"organization": "acme", "api_key": "k", "stacks": EXAMPLES}
    backend = "django_rokka.storage.RokkaStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {"BACKEND": backend, "OPTIONS": options},
    }
    return RokkaStorage(**options)


def test_docs__have_examples() -> None:
    assert len(PAIRS) == 7


@pytest.mark.parametrize(("example", "written"), PAIRS, ids=range(len(PAIRS)))
def test_example__is_written_as_the_docs_say(
    example: str, written: str, acme: RokkaStorage
) -> None:
    hero = Photo(image=f"{SHORT['c421…a47a']}/1200x675/the-lake.jpg").image
    clip = Photo(image=f"{SHORT['8d02…11fe']}/320x240/clip.gif").image
    logo = f"{SHORT['c421…a47a']}/-_brand_7_logo_-/1600x900/acme-logo.png"
    article = SimpleNamespace(hero=hero, clip=clip, pk=7)
    context = Context({"article": article, "brand": Brand(pk=7, logo=logo)})
    html = Template("{% load rokka %}" + example).render(context)
    assert join(html) == join(written)
