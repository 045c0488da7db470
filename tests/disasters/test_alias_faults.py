"""rokka refuses, breaks, gets slow or loses answers at each call for an alias, and it is made good.

The calls are found out by doing the act once. `pytest -s` shows the table.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from tests.disasters.door import Arrival, Door
from tests.disasters.processes import Worker, find_problems
from tests.disasters.scenes import CASES, ROLLED_BACK, Case, Scene

SOON = 61
"""Seconds after the first failure: its backoff is over, and so is every lease."""
LATER = 3 * 3600
SAMPLE = 2
"""Troubles of each act in the usual runs; the full table has all."""
WHOLE = "move_row after hang_one"
"""What has all the troubles of its move in the usual runs too."""
RETRY_AFTER = 600

FAULTS: Mapping[str, dict[str, Any]] = {
    **{str(status): {"status": status} for status in (500, 503, 403, 404, 409)},
    "429": {"status": 429, "headers": {"Retry-After": str(RETRY_AFTER)}},
    "broken": {"reset_after": 1},
    "lost": {"reset_at": 0},
    "late": {"delay": 60},
}
"""``lost`` is done and has no answer; ``late`` is done when nobody waits for it any more."""
STAYING = ("500", "503", "403", "404", "409")
REFUSALS = {"403", "404", "409"}
ASKING_ACTS = {"point_name", "point_name_over", "delete_name"}
"""Acts that tell their caller of a refusal."""


class Trouble(NamedTuple):
    """What happens to a call of an act, once or until somebody mends it."""

    number: int
    call: str
    fault: str
    stays: bool = False

    def __str__(self) -> str:
        return f"{self.fault}{' stays' * self.stays} at {self.number}. {self.call}"


def find_troubles(door: Door, nursery: Worker, case: Case) -> list[Trouble]:
    """Do the act once, whole; return what can happen to its calls."""
    scene = Scene(door, nursery, case)
    assert find_problems(scene.act()) == []
    calls = list(enumerate(map(str, scene.find_later()), 1))
    assert scene.judge() == []
    troubles = [
        *(Trouble(*call, fault) for call in calls for fault in FAULTS),
        *(Trouble(*call, fault, stays=True) for call in calls for fault in STAYING),
    ]
    # That an alias is gone which is to be deleted is no trouble, and would be a lie.
    return [it for it in troubles if (it.call, it.fault) != ("DELETE alias", "404")]


def suffer(door: Door, nursery: Worker, case: Case, trouble: Trouble) -> list[str]:
    """Do the act in trouble; return what was wrong, and what is once that is over."""
    scene, is_late = Scene(door, nursery, case), trouble.fault == "late"
    door.trouble(trouble.number, stays=trouble.stays, **FAULTS[trouble.fault])
    try:
        answer = scene.act()
        struck = scene.find_later()[trouble.number - 1]
        problems = find_surprises(answer, struck, case=case, trouble=trouble)
        if is_late:
            # While it is still to be done.
            problems += scene.go_on(ahead=1)
        if not trouble.stays:
            door.calm()
        calls = count_calls(scene, struck)
        scene.make_good(ahead=SOON)
        if (
            trouble.fault == "429"
            and struck.kind != "upload"
            and count_calls(scene, struck) > calls
        ):
            problems.append(f"{struck} came again before Retry-After.")
    finally:
        door.calm()
    if not is_late:
        problems += scene.go_on(ahead=SOON + 1)
    return [*problems, *scene.make_good(ahead=LATER), *scene.judge()]


def find_surprises(
    answer: Mapping[str, Any], struck: Arrival, *, case: Case, trouble: Trouble
) -> list[str]:
    """Return what an act should not have raised, nor logged with a traceback."""
    error = answer.get("error", "")
    may_raise = struck.kind in {"upload", "image"} or (
        case.act in ASKING_ACTS and trouble.fault in REFUSALS
    )
    is_ours = error.strip().split("\n")[-1].startswith("django_rokka.exceptions.")
    surprises = [text for text in answer.get("logged", ()) if "Traceback" in text]
    return [*surprises, error] if error and not (may_raise and is_ours) else surprises


def is_usual(case: Case, trouble: Trouble) -> bool:
    """Say whether something happens in the usual runs too: where others act meanwhile, it does."""
    if trouble.call != "PUT alias":
        return False
    return (bool(case.then) and trouble.fault == "late") or (
        str(case) == WHOLE and not trouble.stays
    )


def count_calls(scene: Scene, call: Arrival) -> int:
    return sum((it.method, it.path) == (call.method, call.path) for it in scene.find_later())


def check(door: Door, nursery: Worker, case: Case, *, limit: int | None) -> None:
    """Suffer all troubles, or some of them; the table is printed."""
    troubles = find_troubles(door, nursery, case)
    if limit is not None:
        always = [it for it in troubles if is_usual(case, it)]
        chosen = random.Random(str(case)).sample(troubles, min(limit, len(troubles)))
        troubles = sorted({*always, *chosen})
    failures = {}
    for trouble in troubles:
        started = time.monotonic()
        problems = suffer(door, nursery, case, trouble)
        outcome = "; ".join(problems) or f"ok, {time.monotonic() - started:.2f} s"
        sys.stdout.write(f"{case}: {trouble}: {outcome}\n")
        if problems:
            failures[str(trouble)] = problems
    assert failures == {}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_trouble__at_some_calls_leaves_no_alias_astray(
    door: Door, alias_nursery: Worker, case: Case
) -> None:
    check(door, alias_nursery, case, limit=SAMPLE)


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES, ids=str)
def test_trouble__at_each_call_leaves_no_alias_astray(
    door: Door, alias_nursery: Worker, case: Case
) -> None:
    check(door, alias_nursery, case, limit=None)


@pytest.mark.parametrize("case", ROLLED_BACK, ids=str)
def test_rollback__asks_nothing_of_an_alias(door: Door, alias_nursery: Worker, case: Case) -> None:
    scene = Scene(door, alias_nursery, case)
    assert find_problems(scene.act()) == []
    assert scene.make_good(ahead=LATER) == []
    assert {it.kind for it in scene.find_later()} <= {"upload", ""}
