"""The recorded calls are those that the official JavaScript client makes."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.installing import Kept, find_program

HERE = Path(__file__).parent
RECORDED: dict[str, Any] = json.loads(
    (HERE.parents[1] / "vectors" / "calls.json").read_text(encoding="utf-8")
)
VERSION: str = RECORDED["producer"].split()[1]  # "rokka 4.0.0 (npm)"
TIMEOUT = 60


@pytest.fixture(scope="module")
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with the package in its node_modules."""
    return Kept(request.config, tmp_path_factory).npm(f"rokka@{VERSION}")


def by_id(recording: dict[str, Any]) -> dict[str, Any]:
    return {call["id"]: call for call in recording["calls"]}


def test_recording__is_what_the_official_client_sends(package: Path) -> None:
    done = subprocess.run(
        [find_program("node"), HERE / "record.mjs", package],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=TIMEOUT,
    )

    assert done.stderr == ""
    recording = json.loads(done.stdout)
    assert by_id(recording) == by_id(RECORDED)
    assert {**recording, "calls": []} == {**RECORDED, "calls": []}


def test_recording__has_each_call_once() -> None:
    assert Counter(call["id"] for call in RECORDED["calls"]).most_common(1)[0][1] == 1


def test_recording__tells_methods_that_send_from_those_that_do_not() -> None:
    sending = {call["method"] for call in RECORDED["calls"] if call["request"]}
    assert {call["method"] for call in RECORDED["calls"]} == sending
    assert sending.isdisjoint(RECORDED["local"])
