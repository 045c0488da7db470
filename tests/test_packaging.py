"""What is installed, and under which names."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import django_rokka

ROOT = Path(__file__).parents[1]
# `python -m` runs these; importing them would.
RUN_ONLY = ("django_rokka.emulator.__main__",)


@pytest.mark.smoke
def test_public_names__all_exist() -> None:
    missing = [
        f"{module.name}.{name}"
        for module in pkgutil.walk_packages(django_rokka.__path__, "django_rokka.")
        if module.name not in RUN_ONLY
        for loaded in [importlib.import_module(module.name)]
        for name in getattr(loaded, "__all__", [])
        if not hasattr(loaded, name)
    ]
    assert missing == []


def test_core_group__is_the_package_with_its_emulator_and_without_django() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    expected = {*project["dependencies"], *project["optional-dependencies"]["emulator"]}
    core = {line for line in pyproject["dependency-groups"]["core"] if isinstance(line, str)}
    assert core == {line for line in expected if not line.startswith("Django>=")}
