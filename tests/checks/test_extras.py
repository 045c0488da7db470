"""What is used, and was not installed with the package."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from django.core.checks import CheckMessage, Error
from django.core.files.storage import storages
from django.db import models
from pytest_django import Settings

from django_rokka import contrib
from django_rokka.checks import (
    check_background_work,
    check_contradictions,
    check_extras,
    check_storages,
)
from django_rokka.fields import RokkaImage

from tests.checks.projects import a_project, check_project

REST = "django_rokka.contrib.rest_framework"
EMULATED = "django_rokka.contrib.emulator.EmulatedRokkaStorage"
INSTALL = "Run: pip install 'django-rokka[emulator]'"


def take_away(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Let modules look as if they were not installed."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


# The emulator


@pytest.fixture
def emulated(settings: Settings, tmp_path: Path) -> None:
    """A project whose rokka storage is emulated."""
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {"BACKEND": EMULATED, "OPTIONS": {"root": tmp_path}},
    }


@pytest.mark.usefixtures("emulated")
def test_emulator__with_its_extra_is_right() -> None:
    assert check_storages() == check_contradictions() == []


@pytest.mark.usefixtures("emulated")
def test_emulator__e045_without_werkzeug(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch, "werkzeug")

    assert check_storages() == [
        Error(
            "STORAGES['rokka']: The emulator is not installed.",
            hint=INSTALL,
            id="django_rokka.E045",
        )
    ]


@pytest.mark.usefixtures("emulated")
def test_emulator__w046_without_pyvips_keeps_images_and_renders_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_away(monkeypatch, "pyvips")

    [warning] = check_contradictions()

    assert (warning.id, warning.hint) == ("django_rokka.W046", INSTALL)
    assert warning.msg.startswith("STORAGES['rokka']: The emulator renders no pictures")
    assert check_storages() == []


def test_emulator__that_is_not_used_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch, "werkzeug", "pyvips")

    assert storages["rokka"].__class__.__name__ == "RokkaStorage"
    assert check_storages() == check_contradictions() == []


# The REST app


@pytest.fixture
def rest_app(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app of the name of the REST app, which imports nothing."""
    (tmp_path / "rest_framework").mkdir()
    (tmp_path / "rest_framework" / "__init__.py").touch()
    monkeypatch.setattr(contrib, "__path__", [str(tmp_path)])
    for module in [name for name in sys.modules if name.startswith(REST)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, REST, importlib.import_module(REST))
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, REST]


@pytest.mark.usefixtures("rest_app")
def test_rest_app__e044_without_djangorestframework(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_extras() == []

    take_away(monkeypatch, "rest_framework")

    assert check_extras() == [
        Error(
            f"{REST!r} is in INSTALLED_APPS, and djangorestframework is not installed.",
            hint="Run: pip install 'django-rokka[rest]'",
            id="django_rokka.E044",
        )
    ]


def test_rest_app__that_is_not_installed_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch, "rest_framework")

    assert check_extras() == []


# Tasks


def background(field: RokkaImage) -> list[CheckMessage]:
    with a_project() as declare:
        return check_project(
            check_background_work,
            declare("Brand", image=field, other=RokkaImage(placeholder_field="y")),
        )


def test_tasks__i047_that_requests_wait_without_any(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch, "django.tasks", "django_tasks")

    [info] = background(RokkaImage(placeholder_field="x"))

    assert info.id == "django_rokka.I047"
    assert info.msg.startswith("Placeholders are fetched from rokka before the request")
    assert "django-rokka[tasks]" in str(info.hint)


def test_tasks__are_not_missed_by_aliases_which_move_in_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_away(monkeypatch, "django.tasks", "django_tasks")

    with a_project() as declare:
        model = declare("Brand", image=RokkaImage(alias="x_{pk}"), file=models.FileField())
        assert check_project(check_background_work, model) == []


@pytest.mark.parametrize("installed", ["django.tasks", "django_tasks"])
def test_tasks__of_django_or_of_its_backport_are_enough(
    monkeypatch: pytest.MonkeyPatch, installed: str
) -> None:
    missing = {"django.tasks", "django_tasks"} - {installed}
    take_away(monkeypatch, *missing)
    importlib.import_module("django_rokka.checks")

    found = background(RokkaImage(placeholder_field="x"))

    is_there = importlib.util.find_spec(installed) is not None
    assert [info.id for info in found] == ([] if is_there else ["django_rokka.I047"])
