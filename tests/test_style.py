"""The habits of the code that no linter knows."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "django_rokka"
MODULES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if "migrations" not in path.parts
)
MAX_MODULE_LINES = 399
MAX_FUNCTION_LINES = 39


def parse(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", MODULES)
def test_module__is_under_400_lines(module: str) -> None:
    lines = (PACKAGE / module).read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_MODULE_LINES


@pytest.mark.parametrize("module", MODULES)
def test_function__is_under_40_lines(module: str) -> None:
    lengths = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(parse(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: size for name, size in lengths.items() if size > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("module", MODULES)
def test_module__has_a_name_that_says_something(module: str) -> None:
    assert not {"common", "helpers", "misc", "utils"}.intersection(
        Path(module).with_suffix("").parts
    )


@pytest.mark.parametrize(
    "module",
    [
        name
        for name in MODULES
        if name in {"deferral.py", "exceptions.py"} or name.startswith("render/")
    ],
)
def test_grammar__imports_the_standard_library_only(module: str) -> None:
    allowed = {*sys.stdlib_module_names, "django_rokka"}
    imported = {
        name.partition(".")[0]
        for node in ast.walk(parse(module))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= allowed
