"""Processes that are killed, and many that drain at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection

from django_rokka.emulator import EmulatorServer
from django_rokka.storage import RokkaStorage

from tests.invalidation.conftest import Arrivals

ROOT = Path(__file__).parents[2]
CACHE = r"/cache$"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aliases")]


class Workers:
    """Processes of a database of their own: a file, or that of the tests on a server."""

    def __init__(self, options: dict[str, object], folder: Path) -> None:
        self._options = options
        database: dict[str, Any] = {
            name: connection.settings_dict[name]
            for name in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
        }
        is_file = connection.vendor == "sqlite"
        self._database = (
            {"ENGINE": database["ENGINE"], "NAME": str(folder / "db"), "OPTIONS": {"timeout": 60}}
            if is_file
            else database
        )
        if is_file:
            self.run("migrate")

    def start(self, act: str, **told: object) -> subprocess.Popen[str]:
        told = {"act": act, "database": self._database, "options": self._options, **told}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.invalidation.worker", json.dumps(told)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, act: str, *, code: int = 0, **told: object) -> str:
        return self.finish(self.start(act, **told), code=code)

    def finish(self, process: subprocess.Popen[str], *, code: int = 0) -> str:
        out, error = process.communicate(timeout=120)
        assert process.returncode == code, error
        return out

    def wish(self, *names: str) -> None:
        self.run("wish", names=names)

    def get_outcomes(self) -> list[list[str]]:
        outcomes: list[list[str]] = json.loads(self.run("status"))
        return outcomes


@pytest.fixture
def workers(rokka: RokkaStorage, rokka_options: dict[str, object], tmp_path: Path) -> Workers:
    return Workers(rokka_options, tmp_path)


def test_process__killed_before_it_sends_has_its_wish_sent_by_another(
    workers: Workers, arrivals: Arrivals
) -> None:
    workers.wish("alias_0")
    workers.run("die", code=-9)
    assert len(arrivals) == 0

    workers.run("drain")
    assert len(arrivals) == 0  # the first may be about to send it
    workers.run("drain", ahead=61)

    assert arrivals.keys == ["alias_0"]
    assert workers.get_outcomes() == [["alias_0", "cleared"]]


def test_process__killed_before_the_answer_has_its_wish_sent_once_more(
    workers: Workers, arrivals: Arrivals, server: EmulatorServer
) -> None:
    workers.wish("alias_0")
    server.emulator.faults.add(method="DELETE", path=CACHE, delay=60)
    process = workers.start("drain")
    end = monotonic() + 60
    while not len(arrivals) and monotonic() < end:
        sleep(0.01)
    process.kill()
    workers.finish(process, code=-9)
    server.emulator.faults.wake()

    workers.run("drain", ahead=61)

    assert arrivals.keys == ["alias_0", "alias_0"]
    assert workers.get_outcomes() == [["alias_0", "cleared"]]


def test_eight_processes__send_ten_wishes_once_and_no_eleventh(
    workers: Workers, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    workers.wish(*aliases, *aliases)

    started = [workers.start("drain", times=5) for _ in range(8)]
    for process in started:
        workers.finish(process)

    assert Counter(arrivals.keys) == Counter(aliases[:10])
    assert Counter(outcome for _, outcome in workers.get_outcomes()) == {"cleared": 20, "": 8}
