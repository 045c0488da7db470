"""The table of docs/emulator.md says what the emulator does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from django_rokka.emulator.api import ROUTES

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import SVG

PAGE = Path(__file__).parents[2] / "docs" / "emulator.md"
STATES = ("emulated", "approximated", "absent")
CONVERTED = re.compile(r"<(?:\w+:)?(\w+)>")
QUOTED = re.compile(r"`([^`]+)`")
VALUES = {
    "crop": "crop-width-5-height-5",
    "face": "face-secondary_image-abcdef-leftFeature-a-rightFeature-b",
    "resize": "resize-width-5",
    "rotate": "rotate-angle-90",
}


class Row(NamedTuple):
    section: str
    names: list[str]
    state: str


def rows() -> Iterator[Row]:
    table = PAGE.read_text(encoding="utf-8").partition("| what | state | how |")[2]
    section = ""
    for line in table.strip().splitlines()[1:]:
        what, state, _ = (cell.strip() for cell in line.strip("|").split("|"))
        if what.startswith("**"):
            section = what.strip("*")
        else:
            assert state in STATES, line
            yield Row(section, QUOTED.findall(what), state)


def states(section: str) -> dict[str, str]:
    found = [(name, row.state) for row in rows() if row.section == section for name in row.names]
    assert len(found) == len(dict(found))
    return dict(found)


def endpoints() -> dict[str, str]:
    return {name: row.state for row in rows() for name in row.names if re.match(r"[A-Z]+ /", name)}


def test_table__has_every_endpoint() -> None:
    known = {f"{route.method} {CONVERTED.sub(named, route.path)}" for route in ROUTES}
    assert set(endpoints()) == {name for name in known if "/_emulator/" not in name}


def test_endpoint__that_is_absent_answers_501_and_no_other_does(shared_rokka: Rokka) -> None:
    answers = {name: answer_of(shared_rokka, name) for name in endpoints()}
    absent = {name for name, state in endpoints().items() if state == "absent"}
    assert {name for name, status in answers.items() if status == 501} == absent
    assert not [name for name, status in answers.items() if status >= 500 and status != 501]


def named(match: re.Match[str]) -> str:
    return f"{{{match[1]}}}"


def answer_of(rokka: Rokka, endpoint: str) -> int:
    method, path = endpoint.split(" ")
    values = {"organization": "demo", "hash": "0" * 40, "binary_hash": "0" * 40}
    return rokka.api(
        method, re.sub(r"{(\w+)}", lambda it: values.get(it[1], "a"), path)
    ).status_code


def test_operations__are_those_of_the_api(shared_rokka: Rokka) -> None:
    assert set(states("Operations")) == set(shared_rokka.api("GET", "/operations").json())


def test_operation__that_is_absent_answers_501_and_no_other_does(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(SVG, "a.svg")["hash"]
    answers = {
        name: shared_rokka.render(f"/dynamic/{VALUES.get(name, name)}/{digest}.png").status_code
        for name in states("Operations")
    }
    absent = {name for name, state in states("Operations").items() if state == "absent"}
    assert {name for name, status in answers.items() if status == 501} == absent


def test_stack_options__are_those_of_the_api(shared_rokka: Rokka) -> None:
    assert set(states("Stack options")) == set(
        shared_rokka.api("GET", "/stackoptions").json()["properties"]
    )


@pytest.mark.parametrize(("extension", "state"), states("Formats that are written").items())
def test_format__that_is_absent_answers_501_and_no_other_does(
    shared_rokka: Rokka, extension: str, state: str
) -> None:
    digest = shared_rokka.upload(SVG, "a.svg")["hash"]
    status = shared_rokka.render(f"/dynamic/noop/{digest}{extension}").status_code
    assert status == (501 if state == "absent" else 200)
