"""Keys in the migrations of a project."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import Error
from pytest_django import Settings

from django_rokka.checks import check_migrations
from django_rokka.testing import assert_no_rokka_calls

from tests.checks.projects import with_storages

API_KEY = "api-key-0123456789abcdef"
SIGNING_KEY = "signing-key-0123456789abcdef"
HINT = (
    "Take it out: RokkaImage(storage='alias') writes no key. Then make a new key at rokka, since"
    " version control may have kept this one."
)


class App:
    """An installed app in a folder of its own, whose migrations break when they are imported."""

    def __init__(self, folder: Path, name: str) -> None:
        self.migrations = folder / name / "migrations"
        self.migrations.mkdir(parents=True)
        (folder / name / "__init__.py").touch()
        (self.migrations / "__init__.py").write_text("raise SystemExit\n")

    def write(self, text: str, name: str = "0001_initial.py") -> Path:
        path = self.migrations / name
        path.write_text("raise SystemExit\n" + text, encoding="utf-8")
        return path


@pytest.fixture
def app(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> App:
    name = f"app_of_{tmp_path.name}".replace("-", "_")
    app = App(tmp_path, name)
    monkeypatch.syspath_prepend(tmp_path)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, name]
    with_storages(
        settings,
        rokka={"organization": "acme", "api_key": API_KEY, "signing_key": SIGNING_KEY},
    )
    return app


def check() -> list[tuple[str, str]]:
    with assert_no_rokka_calls():
        found = check_migrations()
    for error in found:
        assert (error.id, error.hint) == ("django_rokka.E048", HINT)
        assert API_KEY not in str(error)
        assert SIGNING_KEY not in str(error)
    return [(message[0], message[2]) for error in found for message in [error.msg.split(", ", 2)]]


def test_migrations__with_a_key_are_named_with_its_line(app: App) -> None:
    path = app.write(f"storage = Storage('acme',\n    {API_KEY!r})\n")

    assert check_migrations() == [
        Error(
            f"{path}, line 3, holds the api_key of STORAGES['rokka'].",
            hint=HINT,
            id="django_rokka.E048",
        )
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a = {SIGNING_KEY!r}", ["holds the signing_key of STORAGES['rokka']."]),
        (f"# {API_KEY} {API_KEY}", ["holds the api_key of STORAGES['rokka']."] * 2),
        ("a.RokkaStorage(api_key='x')", ["holds a storage with its api_key."]),
        (
            'EmulatedRokkaStorage(a=f(),\n signing_key = b"x")',
            ["holds a storage with its signing_key."],
        ),
        ("RokkaStorage(api_url='rokka://x@y')", ["holds a storage with its api_url."]),
    ],
)
def test_migrations__with_keys_are_reported(app: App, text: str, expected: list[str]) -> None:
    path = app.write(text)

    assert check() == [(str(path), found) for found in expected]


@pytest.mark.parametrize(
    "text",
    [
        "django_rokka.fields.RokkaImage(storage='rokka')",
        "RokkaStorage()",
        "RokkaStorage(organization='acme')\nother(api_key='x')",
        "RokkaStorage(api_key=env('KEY'), signing_key=KEY)",
        "api_key = 'x'",
    ],
)
def test_migrations__without_a_key_are_right(app: App, text: str) -> None:
    app.write(text)

    assert check() == []


def test_migrations__of_another_kind_of_file_are_left_alone(app: App) -> None:
    app.write(API_KEY, name="notes.txt")

    assert check() == []


def test_migrations__in_bytes_that_are_no_text_are_searched(app: App) -> None:
    path = app.write("")
    path.write_bytes(b"\xff\xfe" + API_KEY.encode())

    assert check() == [(str(path), "holds the api_key of STORAGES['rokka'].")]


def test_migrations__that_cannot_be_read_are_left_to_django(app: App) -> None:
    (app.migrations / "0001_folder.py").mkdir()

    assert check() == []


def test_migrations__are_found_where_the_settings_put_them(
    app: App, settings: Settings, tmp_path: Path
) -> None:
    moved = App(tmp_path, f"moved_{app.migrations.parent.name}")
    path = moved.write(API_KEY)
    settings.MIGRATION_MODULES = {
        app.migrations.parent.name: f"{moved.migrations.parent.name}.migrations",
        "auth": "nowhere.migrations",
        "admin": None,
    }

    assert check() == [(str(path), "holds the api_key of STORAGES['rokka'].")]


def test_migrations__of_installed_packages_are_none_of_the_projects(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site-packages"
    name = f"package_of_{tmp_path.name}".replace("-", "_")
    App(folder, name).write("RokkaStorage(api_key='x')")
    monkeypatch.syspath_prepend(folder)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, name]

    assert check() == []


def test_migrations__are_searched_for_no_short_key(app: App, settings: Settings) -> None:
    with_storages(settings, rokka={"organization": "acme", "api_key": "storage"})
    app.write("RokkaImage(storage='rokka')")

    assert check() == []


@pytest.mark.parametrize("options", [None, {}, {"api_key": 5}], ids=repr)
def test_migrations__are_searched_for_storages_whatever_the_settings(
    app: App, settings: Settings, options: object
) -> None:
    with_storages(settings, rokka=options)
    path = app.write("RokkaStorage(api_key='x')")

    assert check() == [(str(path), "holds a storage with its api_key.")]
