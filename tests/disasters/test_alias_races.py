"""Processes move the same aliases at once while rokka fails now and then, on PostgreSQL."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from tests.disasters.door import Door, find_most_in_an_hour
from tests.disasters.judging import find_alias_problems
from tests.disasters.processes import Worker
from tests.disasters.troubles import LATER, PER_HOUR, STEPS, go_on, trouble


class Size(NamedTuple):
    """How large a race is: half of the aliases have rows, the others are names alone."""

    workers: int
    aliases: int
    rounds: int
    moves: int
    """Moves of each worker in each round."""

    def __str__(self) -> str:
        return f"{self.workers} workers, {self.aliases} aliases, {self.all_moves} moves"

    @property
    def all_moves(self) -> int:
        return self.workers * self.rounds * self.moves


SIZES = [
    Size(workers=3, aliases=6, rounds=12, moves=3),
    pytest.param(Size(workers=8, aliases=50, rounds=50, moves=5), marks=pytest.mark.soak),
]


class Race:
    """Workers that move the aliases of one organization, and their clocks."""

    def __init__(self, door: Door, workers: list[Worker], size: Size) -> None:
        self._door = door
        self._workers = workers
        self._size = size
        self._chance = random.Random(str(size))
        self._organization = f"race-of-{size.workers}"
        self._ahead = 0.0
        self.seconds = 0.0
        self.problems: list[str] = []
        self.errors = 0

    def begin(self) -> None:
        self._ask("hang_aliases", count=self._size.aliases)
        for worker in self._workers:
            worker.ask("learn_colours", organization=self._organization)

    def run(self) -> None:
        """Let all move at once, round after round; clocks go on in between."""
        trouble(self._door)
        for number in range(self._size.rounds):
            started = time.monotonic()
            for place, worker in enumerate(self._workers):
                worker.tell(
                    "move_many",
                    organization=self._organization,
                    ahead=self._ahead,
                    seed=f"{number} {place}",
                    count=self._size.aliases,
                    moves=self._size.moves,
                )
            for worker in self._workers:
                self._note(worker.hear())
            self.seconds += time.monotonic() - started
            # No request is under way for longer than a lease lasts.
            self._door.rest()
            # Now, before another save hides it.
            self.problems += self._ask("find_lost_saves")
            self.problems += self._ask("find_drifted")
            self._go_on(self._chance.choice(STEPS))
        self._door.calm()

    def end(self) -> dict[str, Any]:
        """Do what is left, as long as the budget makes it; return what is there then."""
        names = sorted({it.name for it in self._door.find(self._organization) if it.name})
        for _ in range(2 + self._size.aliases // PER_HOUR):
            self._go_on(LATER)
            self.problems += self._ask("make_good", ahead=self._ahead)
        state: dict[str, Any] = self._ask("tell_aliases", names=names)
        arrivals = self._door.find(self._organization)
        moves = self._size.all_moves
        self.problems += find_alias_problems(state, arrivals, needless=moves)
        clearings = [it for it in arrivals if it.kind == "cache"]
        most = find_most_in_an_hour(clearings)
        if most > PER_HOUR:
            self.problems.append(f"{most} clearings of caches arrived within an hour.")
        sys.stdout.write(
            f"{self._size}: {moves / self.seconds:.0f} moves/s, {len(arrivals)} requests,"
            f" {len(clearings)} clearings, {most} in an hour at most, {self.errors} refusals told\n"
        )
        return state

    def _ask(self, act: str, **options: Any) -> Any:
        return self._workers[0].ask(act, organization=self._organization, **options)

    def _go_on(self, seconds: float) -> None:
        self._ahead += seconds
        go_on(self._door, self._ahead)

    def _note(self, answer: dict[str, Any]) -> None:
        """Note what no fault of rokka explains: a deadlock, a lost connection, a bug."""
        self.problems += [answer["error"]] if "error" in answer else []
        told = answer.get("logged", [])
        self.problems += [
            text for text in told if "Traceback" in text or "deadlock detected" in text
        ]
        self.errors += len(answer.get("result", {}).get("errors", ()))


@pytest.fixture
def movers(
    alias_environment: dict[str, str], size: Size, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Worker]]:
    """Workers on one database."""
    folder = tmp_path_factory.mktemp("movers")
    with ExitStack() as stack:
        yield [
            stack.enter_context(Worker(alias_environment, log=folder / f"{number}.log"))
            for number in range(size.workers)
        ]


@pytest.mark.parametrize("alias_environment", ["postgresql"], indirect=True)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_race__ends_where_the_last_commits_wanted_each_alias(
    door: Door, movers: list[Worker], size: Size
) -> None:
    race = Race(door, movers, size)
    try:
        race.begin()
        race.run()
        state = race.end()
    finally:
        door.calm()
        door.clock.reset()
    assert race.problems == []
    assert len(state["notes"]) == size.aliases
