"""A process is killed at each step of what it does to an alias, and another one makes it good.

The steps are found out by doing the act once. `pytest -s` shows the table.
"""

from __future__ import annotations

import random
import sys
import time
from itertools import pairwise
from typing import NamedTuple

import pytest

from tests.disasters.door import Door
from tests.disasters.processes import Worker, find_problems
from tests.disasters.scenes import CASES, Case, Scene

KILLED = {"signal": 9}
LEASE = 61
"""Seconds after which nobody has the alias any more that a dead process had."""
CHANGES = ("PUT /sourceimages/alias", "DELETE /sourceimages/alias")
SAMPLE = 2
"""Deaths of each act in the usual runs, beside those right after a change at rokka."""


class Death(NamedTuple):
    """Where the process dies."""

    number: int
    phase: str
    step: str

    def __str__(self) -> str:
        return f"{self.phase} {self.number}. {self.step}"


def find_deaths(door: Door, nursery: Worker, case: Case) -> list[Death]:
    """Do the act once, whole, after which all is well; return where it could have died."""
    scene = Scene(door, nursery, case)
    answer = scene.act()
    assert find_problems(answer) == []
    assert scene.go_on(ahead=1) == []
    assert scene.judge() == []
    steps = answer["steps"]
    deaths = [Death(number, "before", step) for number, step in enumerate(steps, 1)]
    return [*deaths, Death(len(steps), "after", steps[-1])]


def die(door: Door, nursery: Worker, case: Case, death: Death) -> list[str]:
    """Kill a process in the act; return what is wrong after another has made it good."""
    scene = Scene(door, nursery, case)
    answer = scene.act(die_at=death.number, phase=death.phase)
    if answer != KILLED:
        return [f"It was not killed: {answer}"]
    problems = scene.go_on(ahead=1)
    return [*problems, *scene.make_good(ahead=2 * LEASE), *scene.judge()]


def check(door: Door, nursery: Worker, case: Case, *, limit: int | None) -> None:
    """Die at all places, or at some of them; the table is printed."""
    deaths = find_deaths(door, nursery, case)
    if limit is not None:
        always = [after for it, after in pairwise(deaths) if it.step.startswith(CHANGES)]
        chosen = random.Random(str(case)).sample(deaths, min(limit, len(deaths)))
        deaths = sorted({*always, *chosen})
    failures = {}
    for death in deaths:
        started = time.monotonic()
        problems = die(door, nursery, case, death)
        outcome = "; ".join(problems) or f"ok, {time.monotonic() - started:.2f} s"
        sys.stdout.write(f"{case}: killed {death}: {outcome}\n")
        if problems:
            failures[str(death)] = problems
    assert failures == {}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_kill__at_some_steps_leaves_no_alias_astray(
    door: Door, alias_nursery: Worker, case: Case
) -> None:
    check(door, alias_nursery, case, limit=SAMPLE)


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES, ids=str)
def test_kill__at_each_step_leaves_no_alias_astray(
    door: Door, alias_nursery: Worker, case: Case
) -> None:
    check(door, alias_nursery, case, limit=None)
