"""Eight processes act on the same images, rows and mirror at once, and nothing is lost."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.disasters.processes import LAG, Worker, find_problems

rounds = pytest.mark.parametrize("rounds", [20, pytest.param(1000, marks=pytest.mark.soak)])
organizations = (f"race-{number}" for number in itertools.count(1))
Act = tuple[str, dict[str, Any]]


class Race:
    """Rounds of acts that begin at once, and what has to hold after each."""

    def __init__(self, workers: list[Worker], name: str) -> None:
        self.workers = workers
        self.name = name
        self._organization = next(organizations)
        self._started = time.monotonic()

    def ask(self, act: str, **arguments: Any) -> Any:
        """Have the first worker do something while the others are idle."""
        return self.workers[0].ask(act, organization=self._organization, **arguments)

    def run(self, number: int, acts: list[Act]) -> None:
        """Do one act at each worker; whatever goes wrong at one of them is a failure."""
        at = time.monotonic() + 0.005
        for worker, (place, (act, arguments)) in zip(self.workers, enumerate(acts), strict=True):
            seed = f"{self.name} {number} {place}"
            worker.tell(act, organization=self._organization, at=at, seed=seed, **arguments)
        answers = [worker.hear() for worker in self.workers]
        problems = [
            f"{act} of worker {place}: {text}"
            for place, ((act, _), answer) in enumerate(zip(acts, answers, strict=True))
            for text in find_problems(answer)
        ]
        assert not problems, f"Round {number}:\n" + "\n".join(problems)
        dead = self.ask("find_dead")
        assert dead == [], f"Round {number}: {dead}"

    def judge(self, number: int) -> None:
        """Check that the collector's report names all that is left over, and no more."""
        self.rest()
        found = self.ask("judge")
        assert found["named"] == found["left"], f"Round {number}"
        assert found["dead"] == [], f"Round {number}"

    def rest(self) -> None:
        """Let the lists of rokka catch up."""
        time.sleep(LAG + 0.1)

    def end(self, rounds: int) -> None:
        assert self.ask("count_failures") == []
        seconds = time.monotonic() - self._started
        sys.stdout.write(f"{self.name}: {rounds} rounds in {seconds:.0f} s\n")


def run(
    workers: list[Worker],
    name: str,
    rounds: int,
    *,
    prepare: Act,
    choose: Callable[[int], list[Act]],
) -> None:
    """Run a race, and judge what is left every tenth round."""
    race = Race(workers, name)
    race.ask(prepare[0], **prepare[1])
    for number in range(rounds):
        race.run(number, choose(number))
        if number % 10 == 9:
            race.judge(number)
    race.end(rounds)


@rounds
def test_same_bytes__saved_and_deleted_at_once(workers: list[Worker], rounds: int) -> None:
    def choose(number: int) -> list[Act]:
        acts = ["hang", "take_down"] if number % 2 else ["take_down", "hang"]
        return [(act, {"worker": worker}) for act in acts for worker in range(4)]

    run(workers, "saves and deletes", rounds, prepare=("upload_old_images", {}), choose=choose)


@rounds
def test_collectors__against_saves_of_the_same_images(workers: list[Worker], rounds: int) -> None:
    def choose(number: int) -> list[Act]:
        sweeps: list[Act] = [("sweep", {"sync": number % 3 == place}) for place in range(2)]
        return [
            *sweeps,
            *(("take_down", {"worker": worker}) for worker in range(1, 3)),
            *(("hang_instead", {"worker": worker}) for worker in range(3, 6)),
            ("crop_instead", {"worker": 6}),
        ]

    run(workers, "collectors and saves", rounds, prepare=("upload_old_images", {}), choose=choose)


@rounds
@pytest.mark.parametrize("has_alias", [False, True], ids=["plain", "alias"])
def test_replaces__of_one_row(workers: list[Worker], rounds: int, has_alias: bool) -> None:  # noqa: FBT001  # a parameter
    def choose(number: int) -> list[Act]:
        return [
            ("replace_image", {"title": f"by {(number + place) % 4}", "has_alias": has_alias})
            for place in (0, 0, 1, 1, 2, 2, 3, 3)
        ]

    run(workers, "replaces", rounds, prepare=("hang_for_each", {"workers": 4}), choose=choose)


@rounds
def test_syncs__at_once_and_among_changes(workers: list[Worker], rounds: int) -> None:
    race = Race(workers, "syncs")
    race.ask("fill_pages", count=12)
    for number in range(rounds):
        acts: list[Act] = [
            *(("walk_through", {}) for _ in range(4)),
            ("forget", {}),
            ("delete_and_restore", {}),
            ("hang", {"worker": 6}),
            ("take_down", {"worker": 6}),
        ]
        race.run(number, acts)
        if number % 10 == 9:
            race.rest()
            race.ask("walk_through", seed="quiet")
            assert race.ask("find_missing_in_mirror") == []
    race.end(rounds)
