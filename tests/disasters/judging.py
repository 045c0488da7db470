"""What has to hold of aliases once all is made good, and what of what arrived at rokka."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django_rokka.render import ImageReference

from tests.disasters.door import Arrival

__all__ = ["find_alias_problems", "find_unwanted"]

REFUSED = {403, 404, 409}


class Count(NamedTuple):
    """What arrived for a name: how often it changed for caches, and how often they were cleared."""

    changes: int = 0
    cleared: int = 0
    is_stale: bool = False
    is_refused: bool = False
    hash: str = ""


def find_alias_problems(
    state: Mapping[str, Any],
    arrivals: Iterable[Arrival],
    *,
    wishes: int = 0,
    needless: int = 1,
    foreign: str = "",
    is_certain: bool = True,
) -> list[str]:
    """Compare rows, what is noted of their aliases, and rokka.

    ``state`` is that of ``tell_aliases``; ``wishes`` is how many were made by hand. A cache is to
    be cleared after the last of its changes, and ``needless`` times more than there were changes
    at most: nobody knows what the dead have sent. Where nothing changed it is left alone, if that
    ``is_certain``.
    ``foreign`` is a name that somebody else has at rokka, until this site takes it over.
    """
    return [
        *_find_problems_of_rows(state),
        *_find_problems_of_notes(state, foreign=foreign),
        *(f"The wish for {key} is open." for key in state["wishes"]),
        *_find_problems_of_caches(
            arrivals, wishes=wishes, needless=needless, is_certain=is_certain
        ),
    ]


def find_unwanted(
    state: Mapping[str, Any], before: Iterable[Arrival], after: Iterable[Arrival]
) -> list[str]:
    """Name what was sent though it was never committed: neither what was before nor what is.

    What rokka has refused may have been taken back because of that.
    """
    known = {arrival.hash for arrival in before}
    known |= {ImageReference.parse(row["text"]).hash for row in state["rows"] if row["text"]}
    known |= {note["target"] for note in state["notes"].values()}
    living = {row["alias"] for row in state["rows"] if row["text"]}
    living |= {name for name, note in state["notes"].items() if note["target"]}
    return [
        f"{arrival} {arrival.name} {arrival.hash} was sent for nothing."
        for arrival in after
        if arrival.kind == "alias"
        and arrival.status not in REFUSED
        and (
            (arrival.method == "PUT" and arrival.hash not in known)
            or (arrival.method == "DELETE" and arrival.name in living)
        )
    ]


def _find_problems_of_rows(state: Mapping[str, Any]) -> Iterator[str]:
    for row in state["rows"]:
        if not row["text"]:
            continue
        name, reference = row["alias"], ImageReference.parse(row["text"])
        note = state["notes"].get(name, {})
        found = {
            "segment of the column": reference.alias,
            "owner": note.get("owner"),
            "confirmed": note.get("confirmed"),
            "hash at rokka": state["rokka"].get(name),
        }
        wanted = {
            "segment of the column": name,
            "owner": row["owner"],
            "confirmed": reference.hash,
            "hash at rokka": reference.hash,
        }
        for what, value in wanted.items():
            if found[what] != value:
                yield f"{row['owner']}: the {what} is {found[what]!r}, not {value!r}."


def _find_problems_of_notes(state: Mapping[str, Any], *, foreign: str) -> Iterator[str]:
    living = {row["owner"] for row in state["rows"]}
    for name, note in state["notes"].items():
        if note["state"] != "in_step" or note["is_due"]:
            yield f"{name} is not in step: {note}."
        if note["owner"] not in living and note["goes_with_its_row"]:
            yield f"{name} stays, and its row is gone: {note}."
        if state["rokka"].get(name) != note["target"]:
            yield f"{name} is at {state['rokka'].get(name)!r}: {note}."
    for name, digest in state["rokka"].items():
        if digest and name not in {*state["notes"], foreign}:
            yield f"{name} is left at rokka: {digest}."


def _find_problems_of_caches(
    arrivals: Iterable[Arrival], *, wishes: int, needless: int, is_certain: bool
) -> Iterator[str]:
    counts: dict[str, Count] = {}
    for arrival in arrivals:
        if arrival.kind in {"alias", "cache"}:
            counts[arrival.name] = _count(counts.get(arrival.name, Count()), arrival)
    for name, count in counts.items():
        needed = count.changes + wishes
        most = needed + needless if needed or not is_certain else 0
        # An account that may not is not asked again for a day.
        if count.is_stale and not count.is_refused:
            yield f"The cache of {name} was not cleared after the last change: {count}."
        if not min(wishes, 1) <= count.cleared <= most:
            yield f"The cache of {name} was cleared too often or too seldom: {count}."


def _count(count: Count, arrival: Arrival) -> Count:
    if arrival.kind == "cache" and arrival.is_settled:
        return count._replace(
            cleared=count.cleared + 1,
            is_stale=False,
            is_refused=count.is_refused or arrival.status == 403,
        )
    if arrival.method not in {"PUT", "DELETE"} or arrival.kind != "alias" or not arrival.is_done:
        return count
    is_change = count.hash not in {"", arrival.hash}
    return count._replace(
        hash=arrival.hash,
        changes=count.changes + is_change,
        is_stale=count.is_stale or is_change,
    )
