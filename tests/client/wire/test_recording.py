"""The recorded calls are those that the official JavaScript client makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
RECORDED: dict[str, Any] = json.loads(
    (HERE.parents[1] / "vectors" / "calls.json").read_text(encoding="utf-8")
)
VERSION: str = RECORDED["producer"].split()[1]  # "rokka 4.0.0 (npm)"
TIMEOUT = 60


@pytest.fixture(scope="module")
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with the package in its node_modules; later runs find it there."""
    find("node")  # before anything is installed
    npm = find("npm")
    cache = getattr(request.config, "cache", None)  # pytest may run without one
    root: Path = cache.mkdir("rokka-js") if cache else tmp_path_factory.mktemp("rokka-js")
    installed = root / VERSION
    if not installed.exists():
        staging = root / f"{VERSION}-staging"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        install(npm, staging)
        staging.rename(installed)  # only what is complete
    return installed


def find(program: str) -> str:
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not installed")
    return found


def install(npm: str, directory: Path) -> None:
    command = [npm, "install", "--no-save", "--ignore-scripts", "--no-package-lock"]
    options = ["--no-audit", "--no-fund", "--fetch-retries=0", f"--prefix={directory}"]
    try:
        done = subprocess.run(
            [*command, *options, f"rokka@{VERSION}"],
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm install rokka@{VERSION} took longer than {TIMEOUT} s")
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if not line.startswith("npm warn")]
        # the first has npm's code, the last names a log file
        reason = errors[0] if errors else f"exit status {done.returncode}"
        pytest.skip(f"npm install rokka@{VERSION} failed: {reason}")


def by_id(recording: dict[str, Any]) -> dict[str, Any]:
    return {call["id"]: call for call in recording["calls"]}


def test_recording__is_what_the_official_client_sends(package: Path) -> None:
    done = subprocess.run(
        [find("node"), HERE / "record.mjs", package],
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
