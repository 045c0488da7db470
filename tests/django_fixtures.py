"""Fixtures and hooks for tests above the Django line."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages
from pytest_django import Settings

from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.storage import RokkaStorage

API_KEY = "apikey-of-the-tests-0123456789abcdef"
SIGNING_KEY = "signingkey-of-the-tests-0123456789"


def pytest_sessionstart(session: pytest.Session) -> None:
    """End the run, as passed, when it is meant for a PostgreSQL that does not answer."""
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("postgresql"):
        return
    import psycopg

    try:
        psycopg.connect(
            dbname="postgres",
            host=database["HOST"],
            port=database["PORT"],
            user=database["USER"],
            password=database["PASSWORD"],
            connect_timeout=5,
        ).close()
    except psycopg.OperationalError as error:
        address = "{USER} at {HOST}:{PORT}".format_map(database)
        reason = f"PostgreSQL does not let {address} in, so nothing was tested on it: {error}"
        pytest.exit(" ".join(reason.split()), returncode=0)


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
