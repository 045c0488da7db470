"""Packages whose names are imported when they are first asked for (PEP 562).

Each tells its names twice, here for Python and in a ``TYPE_CHECKING`` block for everybody who
reads code: type checkers, editors, the contract of the floors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["defer"]


def defer(
    package: str, homes: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package.

    ``homes`` are its modules and the names that each gives it. A name must not be that of a
    module, which would take its place once it is imported.
    """
    module = sys.modules[package]
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}", name=name, obj=module
            )
        value = getattr(import_module(f"{package}.{home_of[name]}"), name)
        setattr(module, name, value)  # so that it is asked for once
        return value

    def list_names() -> list[str]:
        return sorted({*vars(module), *home_of})

    return get, list_names
