"""A project with several databases: each save counts where its row is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ACT = Path(__file__).with_name("several_databases.py")


@pytest.mark.smoke
def test_several_databases__are_told_apart(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.lifecycle.several_databases", str(tmp_path)],
        cwd=ACT.parents[2],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["all is well"]), done.stderr
