"""What the client, the grammar and the errors give to others, and how they tell of it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from textwrap import dedent
from types import ModuleType

import pytest

from django_rokka import client, exceptions, render
from django_rokka.client import RokkaClient
from django_rokka.client.endpoints.endpoint import Endpoint


def list_modules(package: ModuleType) -> Iterator[str]:
    yield package.__name__
    for module in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{package.__name__}."):
        yield module.name


def list_methods(owner: object, prefix: str) -> Iterator[tuple[str, str]]:
    """Walk the public methods of a client and of what hangs from it, with their docstrings."""
    for name, value in inspect.getmembers(owner):
        if name.startswith("_"):
            continue
        if isinstance(value, Endpoint):
            yield from list_methods(value, f"{prefix}.{name}")
        elif inspect.ismethod(value) and isinstance(owner, Endpoint):
            yield f"{prefix}.{name}", inspect.getdoc(value) or ""


def kind_and_name(name: str) -> tuple[int, str]:
    """Return what names are sorted by: constants, classes, functions."""
    is_constant = name.isupper() and len(name) > 1
    return 0 if is_constant else 1 if name[0].isupper() else 2, name


MODULES = [name for package in (client, exceptions, render) for name in list_modules(package)]
METHODS = dict(list_methods(RokkaClient(organization="acme"), "client"))


@pytest.mark.parametrize("name", MODULES)
def test_all__is_sorted_and_names_what_is_there(name: str) -> None:
    module = importlib.import_module(name)
    names = getattr(module, "__all__", [])

    assert names == sorted(set(names), key=kind_and_name)
    assert [each for each in names if not hasattr(module, each)] == []


@pytest.mark.parametrize("method", METHODS)
def test_method__names_its_endpoint(method: str) -> None:
    endpoint = r"``(GET|POST|PUT|PATCH|DELETE|COPY) [^`\s]*/[^`\s]*``|asks nobody"

    assert re.search(endpoint, METHODS[method])


@pytest.mark.parametrize("method", METHODS)
def test_method__shows_itself_at_work(method: str) -> None:
    _, _, example = METHODS[method].partition("::\n")

    assert f"{method}(" in example
    ast.parse(dedent(example))
