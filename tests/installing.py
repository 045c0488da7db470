"""Packages of others, installed at run time for the tests that run them.

A test is skipped, with the words of the installer, where there is none or the network is absent.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

TIMEOUT = 60
NPM_OPTIONS = (
    *("--no-save", "--ignore-scripts", "--no-package-lock"),
    *("--no-audit", "--no-fund", "--fetch-retries=0"),
)
PIP_OPTIONS = (
    *("--quiet", "--disable-pip-version-check", "--no-input", "--only-binary=:all:"),
    *("--retries=0", "--timeout=15"),
)


class Kept:
    """Folders with installed packages; later runs find them there."""

    def __init__(self, config: pytest.Config, factory: pytest.TempPathFactory) -> None:
        self._cache: Any = getattr(config, "cache", None)  # pytest may run without one
        self._factory = factory

    def npm(self, specification: str) -> Path:
        """Give the folder whose node_modules have a package."""
        find_program("node")  # before anything is installed
        npm = find_program("npm")

        def install(folder: Path) -> None:
            command = [npm, "install", *NPM_OPTIONS, f"--prefix={folder}", specification]
            run_installer("npm", command, folder, noise="npm warn")

        return self._install(f"npm-{specification}", install)

    def pip(self, *specifications: str) -> Path:
        """Give a folder for ``PYTHONPATH`` that has packages for the running Python."""

        def install(folder: Path) -> None:
            command = [sys.executable, "-m", "pip", "install", *PIP_OPTIONS]
            run_installer(
                "pip", [*command, f"--target={folder}", *specifications], folder, noise="WARNING"
            )

        version = "{}.{}".format(*sys.version_info)
        return self._install(f"pip-{version}-{specifications[0]}", install)

    def _install(self, name: str, install: Callable[[Path], None]) -> Path:
        root: Path = (
            self._cache.mkdir("packages") if self._cache else self._factory.mktemp("packages")
        )
        installed = root / name
        if not installed.exists():
            staging = root / f"{name}-staging"
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            install(staging)
            staging.rename(installed)  # only what is complete
        return installed


def find_program(name: str) -> str:
    """Give the path of a program."""
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def run_installer(name: str, command: Iterable[str], folder: Path, *, noise: str) -> None:
    """Run an installer; the lines of its errors that begin with ``noise`` are no reason."""
    try:
        done = subprocess.run(
            [*command], cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{name} took longer than {TIMEOUT} s")
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if not line.startswith(noise)]
        # npm's first line has its code, its last names a log file
        reason = errors[0] if errors else f"exit status {done.returncode}"
        pytest.skip(f"{name} failed: {reason}")
