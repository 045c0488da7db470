"""What happens to aliases, and what has to hold after it."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from tests.disasters.door import Arrival, Door
from tests.disasters.judging import find_alias_problems, find_unwanted
from tests.disasters.processes import Worker, find_problems

__all__ = ["CASES", "ROLLED_BACK", "Case", "Scene"]

GONE = "There is no alias"

organizations = (f"scene-{number}" for number in itertools.count(1))


class Case(NamedTuple):
    """An act and what comes before it; ``then`` is what somebody else does after it.

    ``wishes`` is how often somebody has wished that a cache is cleared, ``foreign`` a name that
    somebody else has at rokka.
    """

    preparation: str
    act: str
    wishes: int = 0
    foreign: str = ""
    then: str = ""

    def __str__(self) -> str:
        later = f", then {self.then}" if self.then else ""
        return f"{self.act} after {self.preparation}{later}"


CASES = [
    Case("empty", "create_row"),
    Case("empty", "create_row_bare"),
    Case("hang_one", "move_row"),
    Case("hang_one", "move_row_bare"),
    Case("hang_one", "move_and_roll_back"),
    Case("hang_one", "crop_row"),
    Case("hang_one_banner", "delete_row"),
    Case("hang_one_banner", "delete_and_roll_back"),
    Case("upload_only", "point_name"),
    Case("upload_only", "point_and_roll_back"),
    Case("name_image", "point_name"),
    Case("name_image", "delete_name"),
    Case("name_image_elsewhere", "point_name_over", foreign="header"),
    Case("wish", "clear_caches", wishes=1),
    Case("hang_one_to_follow", "make_good"),
    Case("empty", "create_row", then="recolour"),
    Case("hang_one", "move_row", then="recolour"),
    Case("empty", "create_banner", then="take_banners_down"),
    Case("upload_only", "point_name", then="recolour"),
]

ROLLED_BACK = [case for case in CASES if case.act.endswith("roll_back")]


class Scene:
    """An organization of its own, in which a case is played once."""

    def __init__(self, door: Door, nursery: Worker, case: Case) -> None:
        self._door = door
        self._nursery = nursery
        self._case = case
        self._here: dict[str, Any] = {"organization": next(organizations), "is_forked": True}
        nursery.ask(case.preparation, **self._here)
        self._before = door.find(self._here["organization"])

    def act(self, **options: Any) -> dict[str, Any]:
        """Do the act in a process that is watched, and may be killed."""
        self._nursery.tell(self._case.act, **self._here, is_traced=True, **options)
        return _forgive(self._nursery.hear())

    def go_on(self, *, ahead: float) -> list[str]:
        """Let somebody else do something that does not fail, if the case has it."""
        return self._let(self._case.then, ahead=ahead) if self._case.then else []

    def make_good(self, *, ahead: float) -> list[str]:
        """Let another process do what is left, so many seconds later; return its problems."""
        return self._let("make_good", ahead=ahead)

    def judge(self) -> list[str]:
        """Return what is wrong now."""
        before, later = self._before, self.find_later()
        names = sorted({it.name for it in [*before, *later] if it.name})
        state = self._nursery.ask("tell_aliases", **self._here, names=names)
        return [
            *find_alias_problems(
                state,
                [*before, *later],
                wishes=self._case.wishes,
                foreign=self._case.foreign,
                # What was asked for and is not any more may have been seen.
                is_certain=not self._case.then,
            ),
            # What others want later is another image yet.
            *([] if self._case.then else find_unwanted(state, before, later)),
        ]

    def find_later(self) -> list[Arrival]:
        """Return what has arrived since the act began."""
        return self._door.find(self._here["organization"])[len(self._before) :]

    def _let(self, act: str, *, ahead: float) -> list[str]:
        self._door.clock.advance(ahead)
        try:
            self._nursery.tell(act, **self._here, ahead=ahead)
            answer = self._nursery.hear()
        finally:
            self._door.clock.reset()
        failures = [text for text in answer.get("result") or () if GONE not in text]
        return [*find_problems(_forgive(answer)), *failures]


def _forgive(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out that rokka has no such alias any more, whose cache was to be cleared."""
    if "logged" not in answer:
        return answer
    told = [text for text in answer["logged"] if GONE not in text]
    return {**answer, "logged": told}
