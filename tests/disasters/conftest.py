"""What disasters need: PostgreSQL, a rokka and workers, all of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from django_rokka.emulator import EmulatorServer

from tests.databases import find_database
from tests.disasters.door import Door
from tests.disasters.processes import (
    API_KEY,
    LAG,
    Worker,
    make_database,
    make_environment,
    serve_rokka,
)


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """An empty database at the PostgreSQL of the run; full tables take any that answers."""
    from django.conf import settings

    server = settings.DATABASES["default"]
    if not server["ENGINE"].endswith("postgresql"):
        if "soak" not in request.config.getoption("markexpr"):
            pytest.skip("PostgreSQL only: `tox run -e postgres`, or `tox run -e soak` for all")
        server = find_database({**os.environ, "TEST_DATABASE": "postgresql"})
    psycopg = pytest.importorskip("psycopg")
    try:
        stack = ExitStack()
        made = stack.enter_context(make_database(server))
    except psycopg.OperationalError as error:
        pytest.skip(f"PostgreSQL does not answer: {error}")
    with stack:
        yield made


@pytest.fixture(scope="session")
def environment(
    database: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """A migrated database and a served rokka, by the variables that lead workers to them."""
    folder = tmp_path_factory.mktemp("rokka")
    with serve_rokka(folder / "rokka") as rokka:
        found = make_environment(database, rokka)
        with Worker(found, log=folder / "log") as worker:
            worker.ask("migrate")
        yield found


@pytest.fixture(scope="session")
def nursery(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    """A worker whose copies are killed."""
    with Worker(environment, log=tmp_path_factory.mktemp("nursery") / "log") as worker:
        yield worker


@pytest.fixture(scope="session")
def workers(
    environment: dict[str, str],
    database: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[Worker]]:
    """Eight workers, for races, and a rokka whose lists are behind."""
    folder: Path = tmp_path_factory.mktemp("workers")
    with ExitStack() as stack:
        rokka = stack.enter_context(serve_rokka(folder / "rokka", "--search-delay", str(LAG)))
        found = make_environment(database, rokka)
        yield [
            stack.enter_context(Worker(found, log=folder / f"{number}.log")) for number in range(8)
        ]


@pytest.fixture(scope="module")
def door_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    """A rokka in this process, which tells who knocked."""
    root = tmp_path_factory.mktemp("door") / "rokka"
    with EmulatorServer(Door(root=root, organization="demo", api_key=API_KEY)) as server:
        yield server


@pytest.fixture(scope="module")
def door(door_server: EmulatorServer) -> Door:
    """The rokka of the aliases."""
    assert isinstance(door_server.emulator, Door)
    return door_server.emulator


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def alias_environment(
    request: pytest.FixtureRequest,
    door_server: EmulatorServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """A database with tables, a file or at a server, and the rokka of the aliases."""
    from django.conf import settings

    is_soak = "soak" in request.config.getoption("markexpr")
    if not is_soak and request.param not in settings.DATABASES["default"]["ENGINE"]:
        pytest.skip(f"{request.param} is not the database of this run")
    folder = tmp_path_factory.mktemp("aliases")
    database = (
        request.getfixturevalue("database")
        if request.param == "postgresql"
        else {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(folder / "db"),
            # Nobody pulls the plug, so it need not wait for its disk.
            "OPTIONS": {"timeout": 60, "init_command": "PRAGMA synchronous=OFF"},
        }
    )
    rokka = {
        "organization": "demo",
        "api_key": API_KEY,
        "api_host": door_server.api_host,
        "render_host": door_server.render_host,
        "environment": "gallery",
        # What goes wrong is not mended by the client.
        "retries": 0,
        "timeout": 1.5,
    }
    found = make_environment(database, rokka)
    with Worker(found, log=folder / "log") as worker:
        worker.ask("make_tables")
    return found


@pytest.fixture(scope="module")
def alias_nursery(
    alias_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    """A worker whose copies are killed while they move aliases."""
    with Worker(alias_environment, log=tmp_path_factory.mktemp("nursery") / "log") as worker:
        yield worker
