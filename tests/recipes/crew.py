"""Several workers of django-tasks-rq on one queue, which are killed now and then."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.recipes.project import Project
from tests.recipes.queues import wait_until

__all__ = ["Crew"]

LONGEST = 60
"""Seconds in which workers have to do what waits, or to end."""
SETTLED = 3
"""Seconds after which a job that no worker has begun was a dead one's."""
SOON = 1
"""Seconds: how often the scheduler looks."""


class Crew:
    """Workers of a project, and their clock; the first one has the scheduler and is not killed."""

    def __init__(
        self, project: Project, *, queue: str, redis: Any, size: int, folder: Path
    ) -> None:
        self._project = project
        self._queue = queue
        self._redis = redis
        self._size = size
        self._clock = folder / "ahead"
        self._clock.write_text("0")
        self._log = folder / "crew.log"
        self._names = (f"{queue}-{number}" for number in itertools.count())
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._lost: set[str] = set()
        self._due: dict[bytes, float] = {}
        self.kills = 0

    def __enter__(self) -> Crew:
        for number in range(self._size):
            self._start()
            if number in {0, self._size - 1}:
                wait_until(self._has_begun, told=self._log)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._workers.values():
            kill_family(process)

    def kill_one(self, place: int) -> None:
        """Kill a worker with the process that does its job, and start another in its place."""
        name = list(self._workers)[1 + place % (self._size - 1)]
        kill_family(self._workers.pop(name))
        self.kills += 1
        self._lost |= read_jobs(self._redis.smembers(f"rq:worker:{name}:executions"))
        self._start()

    def rest(self) -> None:
        """Wait until all is done but what the dead have left behind."""
        deadline = time.monotonic() + LONGEST
        before: set[str] = set()
        since = time.monotonic()
        while True:
            waiting, taken, begun = self._look()
            found = (taken | begun) - self._lost
            if waiting or found != before:
                before, since = found, time.monotonic()
            elif self.kills and time.monotonic() - since > SETTLED:
                self._lost |= found & taken
            if not waiting and not found:
                return
            if time.monotonic() > deadline:
                told = self._log.read_text(errors="replace")[-8_000:]
                raise AssertionError(f"{waiting} wait, {found} hang.\n{told}")
            time.sleep(0.02)

    def go_on(self, ahead: float) -> None:
        """Set the clock ahead; what was put off comes nearer by as much, as rq has its own."""
        self._clock.write_text(str(ahead))
        scheduled = self._redis.zrange(f"rq:scheduled:{self._queue}", 0, -1, withscores=True)
        for job, moment in scheduled:
            due = self._due.setdefault(job, moment)
            self._redis.zadd(f"rq:scheduled:{self._queue}", {job: due - ahead}, xx=True)

    def end(self) -> list[str]:
        """Let all end; return what went wrong that no kill explains."""
        wait_until(self._has_begun, told=self._log)
        for process in self._workers.values():
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(LONGEST) for process in self._workers.values()]
        self._workers.clear()
        failed = read_jobs(self._redis.zrange(f"rq:failed:{self._queue}", 0, -1))
        lines = self._log.read_text(errors="replace").splitlines()
        return [
            *(f"A worker ended with {code}." for code in codes if code),
            *(f"The job {job} failed." for job in sorted(failed - self._lost)),
            *(it for it in lines if "Traceback" in it or "deadlock detected" in it),
        ]

    def _start(self) -> None:
        name = next(self._names)
        options = ("--with-scheduler", "--job-class", "django_tasks_rq.Job", "--name", name)
        command = ("-m", "django", "rqworker", *options, self._queue)
        self._workers[name] = self._project.start(*command, log=self._log, ahead=self._clock)

    def _has_begun(self) -> bool:
        """Say whether all workers wait for jobs, or have one."""
        states = {self._redis.hget(f"rq:worker:{name}", "state") for name in self._workers}
        return states <= {b"idle", b"busy"}

    def _look(self) -> tuple[int, set[str], set[str]]:
        """Count what waits, and name what was taken, and what was begun, at one moment.

        A job is taken for no time before it is begun, but where a worker has died.
        """
        with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.llen(f"rq:queue:{self._queue}")
            pipeline.zcount(f"rq:scheduled:{self._queue}", "-inf", time.time() + SOON)
            pipeline.lrange(f"rq:queue:{self._queue}:intermediate", 0, -1)
            pipeline.zrange(f"rq:wip:{self._queue}", 0, -1)
            queued, scheduled, taken, begun = pipeline.execute()
        return queued + scheduled, read_jobs(taken), read_jobs(begun)


def read_jobs(entries: Iterable[bytes]) -> set[str]:
    """Return the jobs of a list that has them by themselves, or as JOB:EXECUTION."""
    return {entry.decode().partition(":")[0] for entry in entries}


def kill_family(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its children, none of which is born meanwhile."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGSTOP)
    listed = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    family = [line.split() for line in listed.stdout.splitlines()]
    for pid in [int(pid) for pid, parent in family if int(parent) == process.pid]:
        os.kill(pid, signal.SIGKILL)
    process.kill()
    process.wait(LONGEST)
