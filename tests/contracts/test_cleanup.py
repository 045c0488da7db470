"""django-cleanup installed beside us: it deletes files of rows, and no image is lost by it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from django_rokka.storage import RokkaStorage

from tests.pages import fetch_picture

pytest.importorskip("django_cleanup")

ROOT = Path(__file__).parents[2]


def run(options: dict[str, object], kind: str) -> Any:
    """Run each act in the project with django-cleanup; return what it tells."""
    environment = {
        **os.environ,
        "BESIDE_ROKKA": json.dumps(options),
        "DJANGO_SETTINGS_MODULE": "tests.contracts.beside.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.contracts.beside", kind],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


EXPECTED = {
    "replace": (2, True),
    "replace_by_the_same": (2, False),
    "clear": (1, True),
    "delete": (1, True),
    "delete_all": (1, True),
    "roll_back": (2, False),
}
"""By act: the rows that have an image after it, and whether django-cleanup deleted the old one."""


@pytest.mark.parametrize("kind", ["Picture", "Plain"])
def test_cleanup__destroys_no_image_that_another_row_refers_to(
    kind: str, rokka: RokkaStorage, rokka_options: dict[str, object]
) -> None:
    acts = run(rokka_options, kind)
    # It is at work: the name that a row let go of was handed to the storage.
    assert {act: (len(told["left"]), told["deleted"]) for act, told in acts.items()} == {
        act: (left, [acts[act]["shared"]] if is_deleted else [])
        for act, (left, is_deleted) in EXPECTED.items()
    }
    for told in acts.values():
        assert told["shared"] in told["left"]
        assert all(rokka.exists(name) for name in told["left"])
        assert {fetch_picture(url).width for url in told["urls"]} == {40}
