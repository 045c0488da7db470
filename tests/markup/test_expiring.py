"""Signatures that end before the fragment that holds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from django_rokka.markup import ShortLived, find_short_lived

HEAD = "{% load cache rokka %}"


@pytest.fixture
def page(settings: Settings, tmp_path: Path) -> Path:
    """A template of the project."""
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [
        {**engine, "DIRS": [str(tmp_path)]},
        {"BACKEND": "django.template.backends.dummy.TemplateStrings", "NAME": "other"},
    ]
    path = tmp_path / "shop" / "page.html"
    path.parent.mkdir()
    return path


@pytest.mark.parametrize(
    "tag",
    [
        "{% rokka_img image 'x' expires_in=60 alt='' %}",
        "{% rokka_url image 'x' expires_in=60 as url %}",
        "{% if image %}<p>{% rokka_picture image 'x' alt='' expires_in=60 %}</p>{% endif %}",
        "{% rokka_image image expires_in=60 %}{{ picture.src }}{% endrokka_image %}",
    ],
)
def test_signature_shorter_than_its_cache__is_found(tag: str, page: Path) -> None:
    page.write_text(HEAD + "{% cache 3600 name %}" + tag + "{% endcache %}", encoding="utf-8")
    assert list(find_short_lived()) == [ShortLived(page, 60, 3600)]


@pytest.mark.parametrize(
    "text",
    [
        "{% cache 60 name %}{% rokka_url image expires_in=60 %}{% endcache %}",
        "{% cache 3600 name %}{% rokka_url image expires_in=long %}{% endcache %}",
        "{% cache none name %}{% rokka_url image expires_in=60 %}{% endcache %}",
        "{% cache 3600 name %}{% rokka_url image %}{% endcache %} expires_in",
        "{% cache 3600 name %}{% endcache %}{% rokka_url image expires_in=60 %}",
        "{% cache 3600 name %}{% unknown expires_in=60 %}{% endcache %}",
        "{% cache 3600 name %}{% include 'a.html' with expires_in=60 %}{% endcache %}",
    ],
)
def test_other_template__is_none_of_our_business(text: str, page: Path) -> None:
    page.write_text(HEAD + text, encoding="utf-8")
    assert list(find_short_lived()) == []
