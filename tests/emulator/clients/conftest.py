"""The unmodified clients of others, installed when a test first needs them."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.clients.story import PICTURES, Story
from tests.installing import Kept, find_program

HERE = Path(__file__).parent
ROKKA_JS = "rokka@4.0.0"
TIMEOUT = 60


@pytest.fixture(scope="session")
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(request.config, tmp_path_factory)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the files that are uploaded."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, data in PICTURES.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="session")
def story(kept: Kept, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Have the JavaScript client tell its story once."""
    package = kept.npm(ROKKA_JS)
    # It stands still, and near the time of the client, which looks at its own clock for tokens.
    now = datetime.now(timezone.utc).replace(microsecond=0)
    emulator = Emulator(
        root=tmp_path_factory.mktemp("rokka"), clock=lambda: now, private_networks=True
    )
    with EmulatorServer(emulator) as server:
        done = subprocess.run(
            [find_program("node"), HERE / "rokka_js.mjs", package, server.api_host, pictures],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=TIMEOUT,
        )
    assert done.stderr == ""
    return Story(json.loads(done.stdout), began=now.isoformat())
