"""Packages that import their names at first use, and tell them to everybody who asks before."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from django_rokka import client, render
from django_rokka.client.objects import AlbumImage

ROOT = Path(__file__).parents[1]
BELOW = (client, render)
"""The packages below the Django line that defer; those above it defer in the same way."""
DEFERRING = sorted(
    path.parent
    for path in (ROOT / "django_rokka").rglob("__init__.py")
    if "= defer(" in path.read_text(encoding="utf-8")
)


def read_imports(package: Path) -> dict[str, set[str]]:
    """Return the names that a package imports for type checkers, by module."""
    dotted = ".".join(package.relative_to(ROOT).parts)
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    return {
        (node.module or "").removeprefix(f"{dotted}."): {alias.name for alias in node.names}
        for node in block.body
        if isinstance(node, ast.ImportFrom)
    }


def read_homes(package: Path) -> dict[str, set[str]]:
    """Return the names that a package gives to ``defer``, by module."""
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    (call,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "defer"
    )
    homes: dict[str, list[str]] = ast.literal_eval(call.args[1])
    return {home: set(names) for home, names in homes.items()}


@pytest.mark.parametrize("package", DEFERRING, ids=lambda package: package.name)
def test_package__tells_python_what_it_tells_type_checkers(package: Path) -> None:
    assert read_homes(package) == read_imports(package)


@pytest.mark.parametrize("package", DEFERRING, ids=lambda package: package.name)
def test_package__names_nothing_as_one_of_its_modules(package: Path) -> None:
    modules = {path.stem for path in package.iterdir()}
    assert not modules.intersection(*read_homes(package).values())


@pytest.mark.parametrize("package", BELOW, ids=lambda package: package.__name__)
def test_package__has_all_that_it_names(package: ModuleType) -> None:
    for name in package.__all__:
        value = getattr(package, name)
        assert getattr(package, name) is value
        assert name in vars(package)


@pytest.mark.parametrize("package", BELOW, ids=lambda package: package.__name__)
def test_package__imports_none_of_its_modules_before_they_are_needed(package: ModuleType) -> None:
    name = package.__name__
    code = f"""
import sys
import {name} as package

print(sorted(set(package.__all__) - set(dir(package))))
print([module for module in sys.modules if module.startswith("{name}.")])
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True)
    assert done.stdout == "[]\n[]\n"


def test_reference__comes_without_the_rest_of_the_grammar() -> None:
    code = """
import sys
from django_rokka.render import ImageReference

print([module for module in sys.modules if module.startswith("django_rokka.render.")])
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True)
    assert done.stdout == "['django_rokka.render.reference']\n"


def test_name__that_there_is_not_is_an_error_as_pythons_own() -> None:
    with pytest.raises(AttributeError, match=r"^module 'django_rokka\.client' has no attribute"):
        client.RokaClient  # type: ignore[attr-defined]  # noqa: B018  # looking is the test
    with pytest.raises(ImportError, match=r"^cannot import name 'RokaClient' from 'django_rokka\."):
        from django_rokka.client import RokaClient  # type: ignore[attr-defined]  # noqa: F401


def test_module__of_a_package_can_be_imported_from_it() -> None:
    from django_rokka.client import objects

    assert objects is import_module("django_rokka.client.objects")


def test_object__that_came_through_its_package_is_pickled() -> None:
    assert client.AlbumImage is AlbumImage
    reference = render.ImageReference.parse("0" * 40)
    assert pickle.loads(pickle.dumps(reference)) == reference  # noqa: S301  # our own
    assert pickle.loads(pickle.dumps(client.AlbumImage)) is AlbumImage  # noqa: S301  # our own
