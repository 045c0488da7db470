"""A process is killed at each step of each act, and nothing is lost.

The steps are found out by doing the act once. `pytest -s` shows the table.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.disasters.processes import Worker, find_problems

KILLED = {"signal": 9}
WHOLE = {"save", "replace", "delete"}
"""Acts that die at all of their steps in the usual runs too."""
SAMPLE = 2
"""Deaths of each other act in the usual runs; the full table has all."""

organizations = (f"crash-{number}" for number in itertools.count(1))


class Case(NamedTuple):
    """An act, what comes before it, and who mends what it leaves.

    With ``is_mended`` rows may refer to deleted images until the next collection, which restores
    them; ``interlude`` is the step before which somebody else does something.
    """

    preparation: str
    act: str
    is_mended: bool = False
    interlude: str = ""

    def __str__(self) -> str:
        return f"{self.act}{' while others save' * bool(self.interlude)}"


CASES = [
    Case("hang_pictures", "save"),
    Case("hang_pictures", "save_bare"),
    Case("hang_pictures", "save_what_is_there"),
    Case("hang_pictures", "save_badge"),
    Case("hang_pictures", "replace"),
    Case("hang_badge", "replace_badge"),
    Case("hang_pictures", "clear"),
    Case("hang_pictures", "delete"),
    Case("hang_pictures", "change_metadata"),
    Case("hang_pictures", "fill_in_form"),
    Case("wish_for_a_deleted_image", "choose_deleted", is_mended=True),
    Case("leave_a_mess", "collect_for_good", is_mended=True),
    Case("leave_a_mess", "collect_for_good", is_mended=True, interlude="DELETE /sourceimages"),
    Case("hang_many", "walk"),
]


class Death(NamedTuple):
    """Where the process dies."""

    number: int
    phase: str
    step: str

    def __str__(self) -> str:
        return f"{self.phase} {self.number}. {self.step}"


def find_deaths(nursery: Worker, case: Case) -> list[Death]:
    """Do the act once, whole, after which all is well; return where it could have died."""
    organization = next(organizations)
    nursery.ask(case.preparation, organization=organization, is_forked=True)
    answer = run(nursery, case, organization)
    assert find_problems(answer) == []
    assert nursery.ask("find_dead", organization=organization, is_forked=True) == []
    return list(iter_deaths(answer["steps"]))


def iter_deaths(steps: list[str]) -> Iterator[Death]:
    """Yield a death before each step, which is after the one before it, and after the last."""
    for number, step in enumerate(steps, 1):
        yield Death(number, "before", step)
        if step == "POST /sourceimages":
            yield Death(number, "within", step)
    yield Death(len(steps), "after", steps[-1])


def run(nursery: Worker, case: Case, organization: str, **options: Any) -> dict[str, Any]:
    nursery.tell(
        case.act,
        organization=organization,
        interlude=case.interlude,
        is_forked=True,
        is_traced=True,
        **options,
    )
    return nursery.hear()


def die(nursery: Worker, case: Case, death: Death) -> list[str]:
    """Kill a process in the act; return what is wrong afterwards."""
    here: dict[str, Any] = {"organization": next(organizations), "is_forked": True}
    nursery.ask(case.preparation, **here)
    answer = run(nursery, case, here["organization"], die_at=death.number, phase=death.phase)
    if answer != KILLED:
        return [f"It was not killed: {answer}"]
    nursery.tell("judge_and_repeat", **here, act=case.act, is_mended=case.is_mended)
    answer = nursery.hear()
    return [*find_problems(answer), *answer.get("result", [])]


def check(nursery: Worker, case: Case, *, limit: int | None) -> None:
    """Die at all places, or at some of them; the table is printed."""
    deaths = find_deaths(nursery, case)
    if limit is not None and limit < len(deaths):
        deaths = sorted(random.Random(str(case)).sample(deaths, limit))
    failures = {}
    for death in deaths:
        started = time.monotonic()
        problems = die(nursery, case, death)
        outcome = "; ".join(problems) or f"ok, {time.monotonic() - started:.2f} s"
        sys.stdout.write(f"{case}: killed {death}: {outcome}\n")
        if problems:
            failures[str(death)] = problems
    assert failures == {}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_kill__at_some_steps_loses_nothing(nursery: Worker, case: Case) -> None:
    check(nursery, case, limit=None if case.act in WHOLE else SAMPLE)


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES, ids=str)
def test_kill__at_each_step_loses_nothing(nursery: Worker, case: Case) -> None:
    check(nursery, case, limit=None)
