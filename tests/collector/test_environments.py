"""Two environments in one organization, each with a database, processes and a collector."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, cast

import pytest

from django_rokka.client import RokkaClient
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import NotFound

from tests.django_fixtures import API_KEY

ROOT = Path(__file__).parents[2]
COLOURS = ["red", "green", "blue"]


class Site:
    """A process of an environment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, *act: Any) -> Any:
        print(json.dumps(act), file=cast(IO[str], self._process.stdin), flush=True)
        line = cast(IO[str], self._process.stdout).readline()
        assert line, f"the process has ended with {self._process.wait(10)}"
        return json.loads(line)


class World:
    """Both environments: of each a process that saves, and one that collects."""

    def __init__(self, savers: list[Site], collectors: list[Site], client: RokkaClient) -> None:
        self.savers = savers
        self.collectors = collectors
        self._client = client

    def do(self, *acts: tuple[Site, tuple[Any, ...]]) -> list[Any]:
        """Do all of this at once."""
        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(lambda act: act[0].ask(*act[1]), acts))

    def find_lost(self) -> list[str]:
        """Return the hashes that a row refers to, and that rokka does not render."""
        named = {key for site in self.savers for key in site.ask("list_hashes")}
        return sorted(key for key in named if not self.has(key))

    def has(self, key: str) -> bool:
        try:
            self._client.source_images.get(key)
        except NotFound:
            return False
        return True


@pytest.fixture
def world(server: EmulatorServer, tmp_path: Path) -> Iterator[World]:
    # What is uploaded is old enough to be deleted.
    server.emulator.clock.advance(-timedelta(days=1).total_seconds())
    with ExitStack() as stack:
        sites = []
        for name in ("production", "production", "staging", "staging"):
            arguments = [name, str(tmp_path / f"{name}.sqlite"), server.api_host, API_KEY]
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.collector.environment", *arguments],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            watch = threading.Timer(900, process.kill)
            watch.daemon = True
            watch.start()
            stack.callback(watch.cancel)
            sites.append(Site(process))
        client = RokkaClient(organization="demo", api_key=API_KEY, api_host=server.api_host)
        stack.enter_context(closing(client))
        savers, collectors = sites[::2], sites[1::2]
        for saver in savers:
            saver.ask("migrate")
        yield World(savers, collectors, client)


def test_collectors__leave_what_the_other_environment_refers_to(world: World) -> None:
    production, staging = world.savers
    for colour in COLOURS[:2]:
        production.ask("save", colour)
        staging.ask("save", colour)
    red, green = production.ask("list_hashes")
    for collector in world.collectors:
        collector.ask("collect")
    assert world.find_lost() == []

    production.ask("delete", "red")
    for collector in world.collectors:
        collector.ask("collect")
    assert world.find_lost() == []

    staging.ask("delete", "red")
    staging.ask("delete", "green")
    for collector in reversed(world.collectors):
        collector.ask("collect")
    assert world.find_lost() == []
    assert sorted(map(world.has, (red, green))) == [False, True]


def run_rounds(world: World, *, rounds: int, seed: int) -> int:
    """Let all four processes work at once; return how many collections have deleted something."""
    chance = random.Random(seed)
    deletions = 0
    for number in range(rounds):
        reports = world.do(
            *[(site, ("be_busy", chance.random(), COLOURS, 6)) for site in world.savers],
            *[(site, ("collect",)) for site in world.collectors],
        )
        assert world.find_lost() == [], f"seed {seed}, round {number}: {reports}"
        deletions += sum(", 0 deleted" not in report for report in reports if report)
    return deletions


def test_collectors__beside_saves_of_the_same_bytes_lose_nothing(world: World) -> None:
    run_rounds(world, rounds=6, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_collectors__beside_saves_of_the_same_bytes_lose_nothing_for_long(
    world: World, seed: int
) -> None:
    assert run_rounds(world, rounds=150, seed=seed) > 0
