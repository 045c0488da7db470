"""Templates that keep a signature for longer than it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import Warning as CheckWarning
from django.core.checks import run_checks
from pytest_django import Settings


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [str(tmp_path)]}]
    return tmp_path


def find_warnings(*, deploy: bool) -> list[object]:
    found = run_checks(tags=["rokka"], include_deployment_checks=deploy)
    return [message for message in found if message.id == "django_rokka.W058"]


def test_cache__longer_than_a_signature_in_it_is_a_warning_of_deployments(folder: Path) -> None:
    page = folder / "page.html"
    page.write_text(
        "{% load cache rokka %}{% cache 3600 x %}{% rokka_url image expires_in=60 %}{% endcache %}"
    )
    assert find_warnings(deploy=False) == []
    assert find_warnings(deploy=True) == [
        CheckWarning(
            f"'{page}' keeps a fragment for 3600 seconds in which an image is signed for 60.",
            hint="Give the image an expires_in that is longer than the {% cache %} around it.",
            id="django_rokka.W058",
        )
    ]
