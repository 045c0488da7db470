"""Queues that projects have: how each is set up, how its worker runs, and what still waits."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.recipes.project import Project

__all__ = ["CeleryQueue", "DatabaseQueue", "Queue", "RedisQueue", "wait_until"]

LONGEST = 30
"""Seconds in which a worker has to do, or to end."""


class Queue(Protocol):
    """A queue whose worker can be run until it has done all that waits."""

    settings: Mapping[str, Any]
    can_defer: bool

    def work(self, project: Project, *, ahead: float = 0, die_after: str = "") -> None:
        """Do all that waits; the process that does it is killed after a call of that method."""

    def count(self, project: Project) -> int:
        """Count the tasks that wait."""


class DatabaseQueue:
    """django-tasks-db."""

    can_defer = True

    def __init__(self, name: str) -> None:
        self._name = name
        self.settings: Mapping[str, Any] = {
            "apps": ["django_tasks_db"],
            "tasks": make_tasks("django_tasks_db.DatabaseBackend", name),
        }

    def work(self, project: Project, *, ahead: float = 0, die_after: str = "") -> None:
        code = -signal.SIGKILL if die_after else 0
        options = ("--batch", "--backend", "pictures", "--queue-name", self._name)
        project.manage("db_worker", *options, ahead=ahead, die_after=die_after, code=code)

    def count(self, project: Project) -> int:
        return int(project.act("count_tasks"))


class RedisQueue:
    """django-tasks-rq."""

    can_defer = True

    def __init__(self, name: str, *, redis: Any, url: str) -> None:
        self._name = name
        self._redis = redis
        self.settings: Mapping[str, Any] = {
            "apps": ["django_rq", "django_tasks_rq"],
            "tasks": make_tasks("django_tasks_rq.RQBackend", name),
            "redis_queues": {name: {"URL": url}},
        }

    def work(self, project: Project, *, ahead: float = 0, die_after: str = "") -> None:
        # Each task has a process of its own, so that the worker survives one that is killed.
        options = ("--burst", "--with-scheduler", "--job-class", "django_tasks_rq.Job")
        project.manage("rqworker", *options, self._name, ahead=ahead, die_after=die_after)

    def count(self, project: Project) -> int:
        return int(self._redis.llen(f"rq:queue:{self._name}"))


class CeleryQueue:
    """Celery, by the backend and the tasks of the shop."""

    can_defer = False

    def __init__(self, name: str, *, redis: Any, url: str, log: Path) -> None:
        self._name = name
        self._redis = redis
        self.log = log
        self.settings: Mapping[str, Any] = {
            "apps": [],
            "tasks": make_tasks("tests.recipes.shop.backends.CeleryBackend", name),
            "celery": {"broker": url, "queue": name, "seconds": 1},
        }

    def work(self, project: Project, *, ahead: float = 0, die_after: str = "") -> None:
        if not self.count(project):
            return  # it would be told to end before it can listen
        with self.working(project, ahead=ahead, die_after=die_after):
            wait_until(lambda: not self.count(project), told=self.log)

    def count(self, project: Project) -> int:
        return int(self._redis.llen(self._name)) + int(self._redis.hlen("unacked"))

    @contextmanager
    def working(self, project: Project, *options: str, **hazards: Any) -> Iterator[None]:
        """Run a worker, which ends what it does before it ends itself."""
        command = ("-m", "celery", "-A", "tests.recipes.shop", "worker", "-c", "1", *options)
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        process = project.start(*command, *quiet, "-Q", self._name, log=self.log, **hazards)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(LONGEST)
            finally:
                process.kill()
        assert code == 0, self.log.read_text(errors="replace")[-8_000:]


def make_tasks(backend: str, queue: str) -> dict[str, Any]:
    """Return TASKS, with a backend and a queue that have no name of their own in Django."""
    return {"pictures": {"BACKEND": backend, "QUEUES": [queue]}}


def wait_until(is_done: Callable[[], bool], *, told: Path) -> None:
    """Wait for something that another process does; fail with what that printed."""
    deadline = time.monotonic() + LONGEST
    while not is_done():
        if time.monotonic() > deadline:
            raise AssertionError(told.read_text(errors="replace")[-8_000:])
        time.sleep(0.05)
