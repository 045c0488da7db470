"""What disasters need: PostgreSQL, a rokka and workers, all of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.databases import find_database
from tests.disasters.processes import LAG, Worker, make_database, make_environment, serve_rokka


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
