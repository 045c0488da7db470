"""System checks of the storages; the field has its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from django_rokka.conf import Problem, find_left_over_settings
from django_rokka.storage import RokkaStorage, iter_rokka_storages

__all__ = [
    "check_contradictions",
    "check_deployed_storages",
    "check_left_over_settings",
    "check_storages",
]


@register("rokka")
def check_storages(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report every wrong option of every rokka storage; no request."""
    return _report(Error, lambda storage: storage.find_problems())


@register("rokka")
def check_contradictions(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report options that have no effect."""
    return _report(checks.Warning, lambda storage: storage.find_contradictions())


@register("rokka")
def check_left_over_settings(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report settings of former releases that choose a storage and that Django ignores."""
    return [
        checks.Warning(
            f"{name} is set, but Django ignores it since 5.1.",
            hint=f"Name the backend in STORAGES[{alias!r}], and take the setting away.",
            id="django_rokka.W036",
        )
        for name, alias in find_left_over_settings()
    ]


@register("rokka", deploy=True)
def check_deployed_storages(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report storages that are made for development (``manage.py check --deploy``)."""
    return _report(checks.Warning, lambda storage: storage.find_deployment_problems())


def _report(
    kind: type[Error] | type[checks.Warning], find: Callable[[RokkaStorage], Iterator[Problem]]
) -> list[CheckMessage]:
    """Ask every rokka storage for one kind of its problems."""
    letter = "E" if kind is Error else "W"
    return [
        kind(
            f"STORAGES[{alias!r}]: {problem.message}",
            hint=problem.hint,
            id=f"django_rokka.{letter}{problem.number:03}",
        )
        for alias, storage in iter_rokka_storages()
        for problem in find(storage)
    ]
