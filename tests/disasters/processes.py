"""The processes of the disasters: a database and a rokka of their own, and workers."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.emulator.test_main import served

__all__ = [
    "API_KEY",
    "LAG",
    "Worker",
    "find_problems",
    "make_database",
    "make_environment",
    "serve_rokka",
]

API_KEY = "apikey-of-the-tests-0123456789abcdef"
LAG = 0.3
"""Seconds after which the lists of the racers' rokka know of a change; some ten at rokka."""
LONGEST_ANSWER = 90
"""Seconds; a worker prints its stacks and ends before that."""
ROOT = Path(__file__).parents[2]


class Worker:
    """A process of the small project, which is told acts and answers."""

    def __init__(
        self, environment: Mapping[str, str], *, log: Path, organization: str = "demo"
    ) -> None:
        self.organization = organization
        self._log = log
        self._rest = b""
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "tests.disasters.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=ROOT,
                env={**os.environ, **environment},
                # With the copies that it makes it is a group, which ends as one.
                start_new_session=True,
            )

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def tell(
        self,
        do: str,
        *,
        organization: str = "",
        at: float = 0,
        ahead: float = 0,
        is_forked: bool = False,
        is_traced: bool = False,
        die_at: int = 0,
        phase: str = "",
        interlude: str = "",
        **arguments: Any,
    ) -> None:
        """Have an act done, at a moment of the monotonic clock if one is given.

        ``ahead`` is by how many seconds Django's clock is ahead.
        """
        told = {
            "act": do,
            "arguments": arguments,
            "organization": organization or self.organization,
            "at": at,
            "ahead": ahead,
            "is_forked": is_forked,
            "is_traced": is_traced,
            "die_at": die_at,
            "phase": phase,
            "interlude": interlude,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()

    def has_answered(self) -> bool:
        """Say whether there is an answer to hear."""
        assert self._process.stdout is not None
        return bool(self._rest or select.select([self._process.stdout], [], [], 0)[0])

    def hear(self) -> dict[str, Any]:
        """Wait for the answer; fail with what the process printed when there is none."""
        assert self._process.stdout is not None
        descriptor, deadline = self._process.stdout.fileno(), time.monotonic() + LONGEST_ANSWER
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise AssertionError(f"A worker hangs.\n{self._read_log()}")
            block = os.read(descriptor, 65_536)
            if not block:
                raise AssertionError(f"A worker has ended.\n{self._read_log()}")
            self._rest += block
        line, _, self._rest = self._rest.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, do: str, *, may_log: bool = False, **options: Any) -> Any:
        """Return the result of an act that is to succeed, without an error in the log."""
        self.tell(do, **options)
        answer = self.hear()
        problems = find_problems(answer if not may_log else {**answer, "logged": []})
        assert problems == [], "\n".join([do, *problems, self._read_log()])
        return answer["result"]

    def _read_log(self) -> str:
        return self._log.read_text(errors="replace")[-20_000:]


def find_problems(answer: Mapping[str, Any]) -> list[str]:
    """Return the texts of what went wrong in an act."""
    if "signal" in answer:
        return [f"It was killed: {answer}"]
    error = answer.get("error")
    return [*([error] if error else []), *answer.get("logged", [])]


def make_environment(database: Mapping[str, Any], rokka: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables by which a worker finds its database and its rokka."""
    return {
        "DISASTERS_DATABASE": json.dumps(database),
        "DISASTERS_ROKKA": json.dumps(rokka),
        "DJANGO_SETTINGS_MODULE": "tests.disasters.settings",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def make_database(server: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Make a database at a PostgreSQL server, and drop it in the end."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = f"disasters_{server['NAME'].removeprefix('test_')}"  # Django changes it
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    parts = {part: server[key] for part, key in names.items()}

    def run(*statements: str) -> None:
        with psycopg.connect(
            dbname="postgres", connect_timeout=5, autocommit=True, **parts
        ) as connection:
            for statement in statements:
                connection.execute(SQL(statement).format(Identifier(name)))

    # One that a killed run has left is of no use to anybody.
    run("DROP DATABASE IF EXISTS {} WITH (FORCE)", "CREATE DATABASE {}")
    try:
        yield {
            **{key: server[key] for key in ("ENGINE", "HOST", "PORT", "USER", "PASSWORD")},
            "NAME": name,
            # Nobody pulls the plug of the database, so it need not wait for its disk.
            "OPTIONS": {**server.get("OPTIONS", {}), "options": "-c synchronous_commit=off"},
        }
    finally:
        run("DROP DATABASE IF EXISTS {} WITH (FORCE)")


@contextmanager
def serve_rokka(root: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Serve a rokka in a process of its own; yield the options that lead to it."""
    with served(root, "--api-key", API_KEY, *options) as (_, ready):
        yield {
            "organization": "demo",
            "api_key": API_KEY,
            "api_host": ready["api"],
            "render_host": ready["render"],
            "environment": "gallery",
        }
