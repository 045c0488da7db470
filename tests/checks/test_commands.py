"""What the commands of a project say that is not configured yet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = """
SECRET_KEY = "made-up"
INSTALLED_APPS = ["django.contrib.contenttypes", "django_rokka", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
MODELS = """
from django.db import models
from django_rokka.fields import RokkaImage

class Brand(models.Model):
    logo = RokkaImage(alias="brand_{pk}")
"""
TESTS = """
from django.test import TestCase
from shop.models import Brand

class BrandTests(TestCase):
    def test_brand(self):
        Brand.objects.create(logo="c421f4e8cefe0fd3aab22832f51e85bacda0a47a/lake.jpg")
"""
ROKKA = {"BACKEND": "django_rokka.storage.RokkaStorage", "OPTIONS": {"organization": "acme"}}
STORAGES = {
    "no storage": "",
    "no key": f'STORAGES = {{"rokka": {ROKKA!r}}}',
}


@pytest.fixture(params=STORAGES)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project on disk that has no rokka storage, or one without a key."""
    (tmp_path / "shop").mkdir()
    for name, text in {"__init__": "", "models": MODELS, "tests": TESTS}.items():
        (tmp_path / "shop" / f"{name}.py").write_text(text)
    (tmp_path / "settings.py").write_text(SETTINGS + STORAGES[request.param])
    return tmp_path


def run(project: Path, *words: str) -> tuple[int, str]:
    """Run a command of Django's as a shell does; return its code, and all that it says."""
    answer = subprocess.run(  # our own interpreter and words
        [sys.executable, "-m", "django", *words],
        cwd=project,
        env={
            **{name: value for name, value in os.environ.items() if "ROKKA" not in name},
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": os.pathsep.join([str(project), str(Path(__file__).parents[2])]),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr


def test_commands__run_before_rokka_is_configured(project: Path) -> None:
    for words in (["makemigrations", "shop"], ["migrate"], ["test"], ["check"]):
        code, told = run(project, *words)
        assert code == 0, told
        assert "W012" in told or "W003" in told, told
        assert "django_rokka.E" not in told


def test_check__of_a_deployment_fails_before_rokka_is_configured(project: Path) -> None:
    code, told = run(project, "check", "--deploy")

    assert code == 1
    assert "(django_rokka.E012)" in told or "(django_rokka.E003)" in told, told
