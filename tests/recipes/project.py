"""The small shop as a project of its own: its settings, its database, its processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Project"]

ROOT = Path(__file__).parents[2]
LONGEST = 90
"""Seconds that a process may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """Settings, as the variable of the environment that leads each process to them."""

    told: Mapping[str, Any]

    def act(self, name: str, *arguments: str, ahead: float = 0) -> Any:
        """Have a process of its own do an act; return what came of it."""
        text = self.run("-W", "error", "-m", "tests.recipes.acts", name, *arguments, ahead=ahead)
        return json.loads(text.splitlines()[-1])

    def manage(self, *arguments: str, **hazards: Any) -> str:
        """Run a command of ``manage.py``; return what it printed."""
        return self.run("-m", "django", *arguments, **hazards)

    def run_cron(self, *, ahead: float = 0) -> None:
        """Do what a minute of the crontab does."""
        self.manage("rokka_alias", "apply", ahead=ahead)
        self.manage("rokka_invalidate", "--drain", ahead=ahead)

    def run(self, *arguments: str, ahead: float = 0, die_after: str = "", code: int = 0) -> str:
        """Run Python, which has to end with a code; return all that it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
            cwd=ROOT,
            env=self.make_environment(ahead=ahead, die_after=die_after),
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stderr[-8_000:]}"
        return f"{done.stderr}\n{done.stdout}"

    def start(self, *arguments: str, log: Path, **hazards: Any) -> subprocess.Popen[bytes]:
        """Start Python, which the caller ends; what it prints goes into a file."""
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *arguments],
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=self.make_environment(**hazards),
            )

    def make_environment(self, *, ahead: float | Path = 0, die_after: str = "") -> dict[str, str]:
        """Return the variables of a process: its clock is ahead, it dies after a method.

        A file that says how far it is ahead is read whenever the process asks for the time.
        """
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.recipes.settings",
            "PYTHONPATH": str(ROOT),
            "RECIPES": json.dumps(self.told),
            "RECIPES_AHEAD": str(ahead),
            "RECIPES_DIE_AFTER": die_after,
        }
