"""System checks of the storages; the field has its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from django_rokka.storage import iter_rokka_storages

__all__ = ["check_deployed_storages", "check_storages"]


@register("rokka")
def check_storages(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report every wrong option of every rokka storage; no request."""
    return [
        Error(
            f"STORAGES[{alias!r}]: {problem.message}",
            hint=problem.hint,
            id=f"django_rokka.E{problem.number:03}",
        )
        for alias, storage in iter_rokka_storages()
        for problem in storage.find_problems()
    ]


@register("rokka", deploy=True)
def check_deployed_storages(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report storages that are made for development (``manage.py check --deploy``)."""
    return [
        checks.Warning(
            f"STORAGES[{alias!r}]: {problem.message}",
            hint=problem.hint,
            id=f"django_rokka.W{problem.number:03}",
        )
        for alias, storage in iter_rokka_storages()
        for problem in storage.find_deployment_problems()
    ]
