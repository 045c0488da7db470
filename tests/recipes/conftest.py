"""What recipes need: a shop with a database of its own, a rokka to ask, and queues."""

from __future__ import annotations

import os
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from django_rokka.emulator import EmulatorServer

from tests.databases import find_database
from tests.disasters.processes import make_database
from tests.django_fixtures import API_KEY
from tests.recipes.project import Project
from tests.recipes.queues import CeleryQueue, DatabaseQueue, Queue, RedisQueue

REDIS_URL = os.environ.get("ROKKA_TEST_REDIS_URL", "redis://127.0.0.1:6379/14")
ENDPOINT = "/sourceimages/<organization>/alias/<alias>"

MakeProject = Callable[..., Project]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rokka:
    """What rokka has, and what it was asked."""

    host: str

    def get_alias(self, name: str) -> str:
        """Return the hash that an alias points at."""
        answer = self._ask(f"/sourceimages/demo/alias/{name}")
        return str(answer["hash"])

    def count_changes(self) -> Counter[str]:
        """Count the requests that have set an alias, and those that have cleared its cache."""
        counted = Counter[str]()
        for asked in self._ask("/_emulator/stats")["requests"]["by_endpoint"]:
            if asked["status"] != "2xx":
                continue
            if (asked["method"], asked["endpoint"]) == ("PUT", ENDPOINT):
                counted["moves"] += asked["count"]
            if (asked["method"], asked["endpoint"]) == ("DELETE", f"{ENDPOINT}/cache"):
                counted["clearings"] += asked["count"]
        return counted

    def count_requests(self) -> int:
        """Count all requests to rokka."""
        counted = self._ask("/_emulator/stats")["requests"]["by_endpoint"]
        return sum(asked["count"] for asked in counted if "_emulator" not in asked["endpoint"])

    def _ask(self, path: str) -> Any:
        answer = requests.get(f"{self.host}{path}", headers={"Api-Key": API_KEY}, timeout=30)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
def asked(server: EmulatorServer) -> Rokka:
    return Rokka(host=server.api_host)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, Any]], Path]:
    """Return a migrated file of SQLite for the apps of some settings; each is made once."""
    folder = tmp_path_factory.mktemp("templates")

    def find(told: Mapping[str, Any]) -> Path:
        path = folder / "-".join(["shop", *told["apps"]])
        if not path.exists():
            Project(told={**told, "database": make_file(path), "rokka": {}}).act("migrate")
        return path

    return find


@pytest.fixture(scope="session")
def postgresql() -> Iterator[dict[str, Any]]:
    """An empty database at the PostgreSQL of the run."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    server = find_database({**os.environ, "TEST_DATABASE": "postgresql"})
    with ExitStack() as stack:
        try:
            made = make_database({**server, "NAME": f"recipes_{server['NAME']}"})
            database = stack.enter_context(made)
        except psycopg.OperationalError as error:
            pytest.skip(f"PostgreSQL does not answer: {error}")
        yield database


@pytest.fixture
def make_project(
    rokka_options: dict[str, Any],
    templates: Callable[[Mapping[str, Any]], Path],
    tmp_path: Path,
) -> MakeProject:
    """Make the shop, on SQLite unless another database is given."""

    def make(
        *, tasks: Any = None, database: dict[str, Any] | None = None, **settings: Any
    ) -> Project:
        told = {"apps": [], "tasks": tasks, "rokka": {**rokka_options, **settings.pop("rokka", {})}}
        told |= settings
        if database is not None:
            project = Project(told={**told, "database": database})
            project.act("migrate")
            project.act("empty")
            return project
        path = tmp_path / "shop.sqlite3"
        shutil.copy(templates(told), path)
        return Project(told={**told, "database": make_file(path)})

    return make


@contextmanager
def connect_redis(url: str) -> Iterator[Any]:
    """Connect to Redis, which has in the end what it had before."""
    module = pytest.importorskip("redis", reason="redis is not installed (group `recipes`)")
    with module.Redis.from_url(url, socket_connect_timeout=5) as connection:
        try:
            before = set(connection.keys())
        except module.ConnectionError as error:
            pytest.skip(f"Redis does not answer at {url}: {error}")
        try:
            yield connection
        finally:
            left = set(connection.keys()) - before
            if left:
                connection.delete(*left)


@pytest.fixture
def redis() -> Iterator[Any]:
    with connect_redis(REDIS_URL) as connection:
        yield connection


@pytest.fixture
def queue_name() -> str:
    return f"pictures-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def celery_queue(redis: Any, queue_name: str, tmp_path: Path) -> CeleryQueue:
    pytest.importorskip("celery", reason="celery is not installed (group `recipes`)")
    pytest.importorskip("django.tasks", reason="the shop's backend is written for Django 6.0")
    return CeleryQueue(queue_name, redis=redis, url=REDIS_URL, log=tmp_path / "celery.log")


@pytest.fixture(
    params=["django_tasks_db", "django_tasks_db-postgresql", "django_tasks_rq", "celery"]
)
def queue(request: pytest.FixtureRequest, queue_name: str) -> Queue:
    """Each queue whose package is installed, and whose server answers."""
    package = request.param.partition("-")[0]
    pytest.importorskip(package, reason=f"{package} is not installed (group `recipes`)")
    if package == "django_tasks_db":
        return DatabaseQueue(queue_name)
    if package == "celery":
        return request.getfixturevalue("celery_queue")  # type: ignore[no-any-return]  # of any
    return RedisQueue(queue_name, redis=request.getfixturevalue("redis"), url=REDIS_URL)


@pytest.fixture
def project(
    request: pytest.FixtureRequest, make_project: MakeProject, queue: Queue, queue_name: str
) -> Project:
    """The shop whose work is done by the queue."""
    has_server = "postgresql" in request.node.callspec.id
    database = request.getfixturevalue("postgresql") if has_server else None
    rokka = {"task_backend": "pictures", "task_queue": queue_name}
    return make_project(database=database, rokka=rokka, **queue.settings)


def make_file(path: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": {"timeout": 20}}
