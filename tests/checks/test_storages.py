"""The system checks of the storages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.core.checks import CheckMessage, Error, run_checks
from django.core.files.storage import InvalidStorageError, storages
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

from django_rokka.checks import (
    check_contradictions,
    check_deployed_storages,
    check_left_over_settings,
    check_storages,
    check_task_queues,
)
from django_rokka.conf import OPTION_NAMES
from django_rokka.tasks import find_library
from django_rokka.testing import assert_no_rokka_calls

RIGHT = {"organization": "acme", "api_key": "the-key"}


def check(settings: Settings, options: dict[str, Any], *, backend: str = "") -> list[CheckMessage]:
    backend = backend or "django_rokka.storage.RokkaStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {"BACKEND": backend, "OPTIONS": options},
    }
    with assert_no_rokka_calls():
        return check_storages()


def test_check__is_silent_when_all_is_right(settings: Settings) -> None:
    assert check(settings, RIGHT) == []


def test_check__is_silent_without_any_rokka_storage(settings: Settings) -> None:
    settings.STORAGES = {name: settings.STORAGES[name] for name in ("default", "staticfiles")}

    assert check_storages() == []


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({**RIGHT, "stack": "thumb"}, "E001"),
        ({"api_url": "https://the-key@acme"}, "E002"),
        ({"organization": "acme"}, "W003"),
        ({**RIGHT, "api_host": "api.rokka.io"}, "E004"),
        ({**RIGHT, "retries": -1}, "E005"),
        ({**RIGHT, "stacks": []}, "E006"),
        ({**RIGHT, "signing_key": 5}, "E008"),
        ({**RIGHT, "api_key": "the key"}, "E009"),
        ({**RIGHT, "organization": "acme/../x y"}, "E015"),
        ({**RIGHT, "default_stack": "a b"}, "E016"),
        ({**RIGHT, "fallback": "nowhere"}, "E030"),
        ({**RIGHT, "fallback": "rokka"}, "E031"),
        ({**RIGHT, "signed_stacks": "thumb"}, "E032"),
        ({**RIGHT, "sign_dynamic": True}, "E033"),
        ({**RIGHT, "on_delete": "delete"}, "E034"),
        ({**RIGHT, "read_only": "yes"}, "E035"),
        ({**RIGHT, "environment": "Live"}, "E038"),
    ],
)
def test_check__has_a_number_for_every_mistake(
    settings: Settings, options: dict[str, Any], number: str
) -> None:
    [error] = check(settings, options)

    assert error.id == f"django_rokka.{number}"
    assert error.msg.startswith("STORAGES['rokka']: ")
    assert error.hint
    assert "the-key" not in f"{error.msg} {error.hint}"


def test_check__e001_lists_the_valid_options(settings: Settings) -> None:
    [error] = check(settings, {**RIGHT, "stack": "thumb"})

    assert error == Error(
        "STORAGES['rokka']: Unknown option 'stack' of a rokka storage.",
        hint=f"Use one of: {', '.join(sorted(OPTION_NAMES))}.",
        id="django_rokka.E001",
    )


def test_check__w003_is_an_error_of_a_deployment_and_names_every_place(settings: Settings) -> None:
    warnings, errors = (
        [
            kind(
                f"STORAGES['rokka']: A rokka storage has no {name}.",
                hint=f"Set the option '{name}' in STORAGES, or ROKKA_{name.upper()}, or"
                " ROKKA_API_URL.",
                id=number,
            )
            for name in ("organization", "api_key")
        ]
        for kind, number in (
            (checks.Warning, "django_rokka.W003"),
            (Error, "django_rokka.E003"),
        )
    )

    assert check(settings, {}) == warnings
    assert check_deployed_storages() == errors


# Queues


def find_queues(settings: Settings, **options: Any) -> list[CheckMessage]:
    check(settings, {**RIGHT, **options})
    return check_task_queues()


@pytest.mark.skipif(find_library() is None, reason="needs a library of tasks")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"task_backend": "nightly"}, "for task_backend 'nightly': "),
        ({"task_queue": "images"}, "for task_queue 'images': "),
        ({"task_backend": "b", "task_queue": "q"}, "for task_backend 'b' and task_queue 'q': "),
    ],
)
def test_queues__w055_that_tasks_does_not_have(
    settings: Settings, options: dict[str, str], words: str
) -> None:
    [warning] = find_queues(settings, **options)

    assert (type(warning), warning.id) == (checks.Warning, "django_rokka.W055")
    assert words in warning.msg


def test_queues__that_are_there_or_are_the_default_are_right(settings: Settings) -> None:
    assert find_queues(settings) == []
    backend = f"{getattr(find_library(), '__name__', '')}.backends.dummy.DummyBackend"
    settings.TASKS = {"nightly": {"BACKEND": backend, "QUEUES": ["images"]}}
    assert find_queues(settings, task_backend="nightly", task_queue="images") == []


def test_queues__of_a_storage_with_wrong_options_are_not_looked_at(settings: Settings) -> None:
    assert find_queues(settings, task_queue=5) == []


def test_check__e007_an_emulated_storage_has_a_root(settings: Settings) -> None:
    backend = "django_rokka.contrib.emulator.EmulatedRokkaStorage"

    [error] = check(settings, {}, backend=backend)

    assert error == Error(
        "STORAGES['rokka']: The emulated storage has no folder.",
        hint="Set the option 'root'.",
        id="django_rokka.E007",
    )
    assert check(settings, {"root": "/nowhere"}, backend=backend) == []


@pytest.mark.parametrize(
    ("name", "alias"),
    [("DEFAULT_FILE_STORAGE", "default"), ("STATICFILES_STORAGE", "staticfiles")],
)
def test_check__w036_a_setting_that_django_ignores(
    settings: Settings, name: str, alias: str
) -> None:
    assert check_left_over_settings() == []

    setattr(settings, name, "django_rokka.storage.RokkaStorage")

    assert check_left_over_settings() == [
        checks.Warning(
            f"{name} is set, but Django ignores it since 5.1.",
            hint=f"Name the backend in STORAGES[{alias!r}], and take the setting away.",
            id="django_rokka.W036",
        )
    ]
    assert "django_rokka.W036" in [message.id for message in run_checks(tags=["rokka"])]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"read_only": True, "on_delete": "release"}, ["django_rokka.W037"]),
        ({"read_only": True, "on_delete": "never"}, []),
        ({"read_only": True}, []),
        ({"on_delete": "release"}, []),
    ],
)
def test_check__w037_on_delete_of_a_storage_that_only_reads(
    settings: Settings, options: dict[str, Any], ids: list[str]
) -> None:
    assert check(settings, {**RIGHT, **options}) == []

    assert [message.id for message in check_contradictions()] == ids


@pytest.mark.parametrize(
    ("options", "kind"), [(["organization"], "list"), (None, "NoneType"), ({1: "acme"}, "dict")]
)
def test_check__e039_options_of_which_no_storage_can_be_made(
    settings: Settings, options: Any, kind: str
) -> None:
    assert check(settings, options) == [
        Error(
            f"STORAGES['rokka']: OPTIONS is no dict of names, but a {kind}.",
            hint="Write a dict such as {'organization': 'acme'}.",
            id="django_rokka.E039",
        )
    ]
    assert check_contradictions() == check_deployed_storages() == []


@pytest.mark.django_db
def test_check__runs_with_djangos_own(settings: Settings) -> None:
    check(settings, {**RIGHT, "stacks": []})

    assert "django_rokka.E006" in [message.id for message in run_checks(tags=["rokka"])]
    with pytest.raises(SystemCheckError, match=r"django_rokka\.E006.*The option stacks is a list"):
        call_command("check")


def test_check__of_every_storage(settings: Settings) -> None:
    backend = "django_rokka.storage.RokkaStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "second": {"BACKEND": backend, "OPTIONS": {**RIGHT, "retries": "x"}},
        "third": {"BACKEND": backend, "OPTIONS": RIGHT},
    }

    assert [message.msg for message in check_storages()] == [
        "STORAGES['second']: The option retries is 'x'."
    ]


def test_check__leaves_to_django_what_cannot_be_imported(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "other": {"BACKEND": "not_installed.Storage"}}

    assert check_storages() == []
    with pytest.raises(InvalidStorageError, match="not_installed"):
        storages["other"]


@pytest.mark.django_db
def test_deployment__of_an_emulated_storage_is_warned_of(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(
        settings, {"root": tmp_path}, backend="django_rokka.contrib.emulator.EmulatedRokkaStorage"
    )

    [warning] = check_deployed_storages()

    assert warning.id == "django_rokka.W017"
    assert warning.msg.startswith("STORAGES['rokka']: The storage is emulated")
    assert "W017" not in run_manage_check(capsys)
    assert "W017" in run_manage_check(capsys, deploy=True)


def test_deployment__of_the_real_rokka_is_silent(settings: Settings) -> None:
    check(settings, RIGHT)

    assert check_deployed_storages() == []


def run_manage_check(capsys: pytest.CaptureFixture[str], *, deploy: bool = False) -> str:
    call_command("check", deploy=deploy)
    return "".join(capsys.readouterr())
