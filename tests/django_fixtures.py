"""Fixtures and hooks for tests above the Django line."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.db import DatabaseError, connection
from pytest_django import Settings

from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.storage import RokkaStorage

from tests.databases import find_url

API_KEY = "apikey-of-the-tests-0123456789abcdef"
SERVERS = {"mysql": "MariaDB", "postgresql": "PostgreSQL"}
SIGNING_KEY = "signingkey-of-the-tests-0123456789"


def pytest_sessionstart(session: pytest.Session) -> None:
    """End the run where its server does not answer: failed if a URL named it, else as passed."""
    if connection.vendor == "sqlite":
        return
    probe = connection.copy()
    probe.settings_dict["NAME"] = None  # the server itself: Django makes the database later
    try:
        # Not by connect(): pytest-django guards that.
        with probe.wrap_database_errors:
            probe.get_new_connection(probe.get_connection_params()).close()
    except DatabaseError as error:
        address = "{USER} at {HOST}:{PORT}".format_map(probe.settings_dict)
        name = SERVERS[connection.vendor]
        reason = f"{name} does not let {address} in, so nothing was tested on it:"
        is_asked_for = find_url() is not None
        pytest.exit(" ".join(f"{reason} {error}".split()), returncode=1 if is_asked_for else 0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmulatorServer]:
    """A rokka of this test alone, behind HTTP on loopback."""
    emulator = Emulator(
        root=tmp_path / "rokka", organization="demo", api_key=API_KEY, signing_key=SIGNING_KEY
    )
    with EmulatorServer(emulator) as server:
        yield server


@pytest.fixture
def rokka_options(server: EmulatorServer) -> dict[str, object]:
    """OPTIONS that lead to the server; a test may change them before it asks for a storage."""
    return {
        "organization": "demo",
        "api_key": API_KEY,
        "signing_key": SIGNING_KEY,
        "api_host": server.api_host,
        "render_host": server.render_host,
        "retries": 0,
    }


@pytest.fixture
def rokka(settings: Settings, rokka_options: dict[str, object]) -> Iterator[RokkaStorage]:
    """The project's only rokka storage, which talks to the server."""
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {"BACKEND": "django_rokka.storage.RokkaStorage", "OPTIONS": rokka_options},
    }
    storage = storages["rokka"]
    assert isinstance(storage, RokkaStorage)
    yield storage
    storage.client.close()


@pytest.fixture
def old(settings: Settings, tmp_path: Path) -> FileSystemStorage:
    """A storage of files, as a site has it before it moves to rokka."""
    settings.STORAGES = {
        **settings.STORAGES,
        "old": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media", "base_url": "/media/"},
        },
    }
    storage = storages["old"]
    assert isinstance(storage, FileSystemStorage)
    return storage


@pytest.fixture
def closed_host() -> str:
    """The address of a port of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def configure(
    settings: Settings, rokka_options: dict[str, object]
) -> Iterator[Callable[..., RokkaStorage]]:
    """Change options of the project's only rokka storage, at any moment of a test."""
    made = []

    def change(**options: object) -> RokkaStorage:
        settings.STORAGES = {
            **settings.STORAGES,
            "rokka": {
                "BACKEND": "django_rokka.storage.RokkaStorage",
                "OPTIONS": {**rokka_options, **options},
            },
        }
        storage = storages["rokka"]
        assert isinstance(storage, RokkaStorage)
        made.append(storage)
        return storage

    yield change
    for storage in made:
        if "client" in vars(storage):
            storage.client.close()


@pytest.fixture(params=[True, False], ids=["debug", "production"])
def debug(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Run the test with ``DEBUG`` and without."""
    settings.DEBUG = request.param
