"""Many workers of django-tasks-rq move the same aliases while rokka fails now and then."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from django_rokka.emulator import EmulatorServer

from tests.disasters.door import Door, find_most_in_an_hour
from tests.disasters.judging import find_alias_problems
from tests.disasters.processes import Worker
from tests.disasters.troubles import LATER, PER_HOUR, STEPS, go_on, trouble
from tests.django_fixtures import API_KEY
from tests.recipes.conftest import MakeProject, connect_redis
from tests.recipes.crew import Crew
from tests.recipes.project import Project
from tests.recipes.queues import RedisQueue

REDIS_URL = os.environ.get("ROKKA_TEST_REDIS_URL", "redis://127.0.0.1:6379/13")
"""The default is not that of the other recipes, which may run beside it."""
ORGANIZATION = "race"
SAVERS = 2
APPS = ["django.contrib.auth", "django.contrib.contenttypes", "tests.disasters.gallery"]


class Size(NamedTuple):
    """How large a race is; in every round that ``kills`` divides, a worker is killed."""

    workers: int
    aliases: int
    rounds: int
    moves: int
    """Moves of each saver in each round."""
    kills: int = 0

    def __str__(self) -> str:
        return f"{self.workers} workers on Redis, {self.aliases} aliases, {self.all_moves} moves"

    @property
    def all_moves(self) -> int:
        return SAVERS * self.rounds * self.moves


SIZES = [
    Size(workers=2, aliases=5, rounds=5, moves=4),
    pytest.param(Size(workers=8, aliases=50, rounds=50, moves=20, kills=4), marks=pytest.mark.soak),
]


class Race:
    """Savers, who only enqueue, the workers of their queue, and the clocks of all."""

    def __init__(self, door: Door, savers: list[Worker], crew: Crew, size: Size) -> None:
        self._door = door
        self._savers = savers
        self._crew = crew
        self._size = size
        self._chance = random.Random(str(size))
        self._ahead = 0.0
        self.seconds = 0.0
        self.problems: list[str] = []

    def begin(self) -> None:
        self._ask("hang_rows", count=self._size.aliases)
        for saver in self._savers:
            saver.ask("learn_colours")
        self._crew.rest()

    def run(self) -> None:
        """Let all save at once, round after round; clocks go on when all is done."""
        trouble(self._door)
        for number in range(self._size.rounds):
            started = time.monotonic()
            for place, saver in enumerate(self._savers):
                saver.tell(
                    "move_rows",
                    ahead=self._ahead,
                    seed=f"{number} {place}",
                    count=self._size.aliases,
                    moves=self._size.moves,
                )
            if self._size.kills and number % self._size.kills == 0:
                time.sleep(self._chance.uniform(0, 2))
                self._crew.kill_one(self._chance.randrange(self._size.workers))
            for saver in self._savers:
                answer = saver.hear()
                self.problems += [*answer.get("logged", []), *filter(None, [answer.get("error")])]
            self._crew.rest()
            self.seconds += time.monotonic() - started
            # No request is under way for longer than a lease lasts.
            self._door.rest()
            # Now, before another save hides it.
            self.problems += self._ask("find_lost_saves") + self._ask("find_drifted")
            self._go_on(STEPS[number % len(STEPS)])
        self._door.calm()
        self.problems += self._crew.end()

    def recover(self, project: Project) -> dict[str, Any]:
        """Do by cron what is left, as long as the budget makes it; return what is there then."""
        for _ in range(2 + self._size.aliases // PER_HOUR):
            self._go_on(LATER)
            project.run_cron(ahead=self._ahead)
        names = sorted({it.name for it in self._door.find(ORGANIZATION) if it.name})
        state: dict[str, Any] = self._ask("tell_aliases", names=names)
        return state

    def judge(self, state: dict[str, Any]) -> list[str]:
        """Return what is wrong in the end, and was meanwhile; print the figures."""
        arrivals, moves = self._door.find(ORGANIZATION), self._size.all_moves
        changes = [it for it in arrivals if it.method == "PUT" and it.kind == "alias"]
        clearings = [it for it in arrivals if it.kind == "cache"]
        most = find_most_in_an_hour(clearings)
        sys.stdout.write(
            f"{self._size}: {moves / self.seconds:.1f} moves/s, {len(changes)} calls for them,"
            f" {len(clearings)} clearings, {most} in an hour at most, {self._crew.kills} kills\n"
        )
        deadlocks = self._ask("count_deadlocks")
        return [
            *self.problems,
            *find_alias_problems(state, arrivals, needless=moves),
            *([f"{most} clearings of caches arrived within an hour."] if most > PER_HOUR else []),
            *([f"PostgreSQL has ended {deadlocks} deadlocks."] if deadlocks else []),
        ]

    def _ask(self, act: str, **options: Any) -> Any:
        return self._savers[0].ask(act, ahead=self._ahead, **options)

    def _go_on(self, seconds: float) -> None:
        self._ahead += seconds
        go_on(self._door, self._ahead)
        self._crew.go_on(self._ahead)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmulatorServer]:
    """A rokka in this process, which tells who knocked."""
    with EmulatorServer(
        Door(root=tmp_path / "rokka", organization="demo", api_key=API_KEY)
    ) as server:
        yield server


@pytest.fixture
def redis() -> Iterator[Any]:
    """A database of Redis that no other recipe has, as workers are killed here."""
    with connect_redis(REDIS_URL) as connection:
        yield connection


@pytest.fixture
def project(
    make_project: MakeProject, postgresql: dict[str, Any], redis: Any, queue_name: str
) -> Project:
    """The shop with the rows that disasters happen to."""
    pytest.importorskip("django_tasks_rq", reason="it is not installed (group `recipes`)")
    settings = RedisQueue(queue_name, redis=redis, url=REDIS_URL).settings
    rokka = {
        "organization": ORGANIZATION,
        "environment": "gallery",
        "task_backend": "pictures",
        "task_queue": queue_name,
        "timeout": 1.5,
    }
    apps = [*settings["apps"], *APPS]
    return make_project(database=postgresql, rokka=rokka, **{**settings, "apps": apps})


@pytest.fixture
def savers(project: Project, tmp_path: Path) -> Iterator[list[Worker]]:
    """Processes of the shop that save rows."""
    environment = project.make_environment()
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Worker(environment, log=tmp_path / f"{number}.log", organization=ORGANIZATION)
            )
            for number in range(SAVERS)
        ]


@pytest.fixture
def crew(
    project: Project, redis: Any, queue_name: str, size: Size, tmp_path: Path
) -> Iterator[Crew]:
    """The workers of the shop's queue."""
    with Crew(project, queue=queue_name, redis=redis, size=size.workers, folder=tmp_path) as crew:
        yield crew


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_queue__of_many_workers_ends_where_the_last_commits_wanted_each_alias(
    project: Project, server: EmulatorServer, savers: list[Worker], crew: Crew, size: Size
) -> None:
    door = server.emulator
    assert isinstance(door, Door)
    race = Race(door, savers, crew, size)
    race.begin()
    race.run()
    state = race.recover(project)
    assert race.judge(state) == []
    assert len(state["notes"]) == size.aliases
