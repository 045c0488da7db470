"""System checks of the storages; the field has its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  # Django's name
from django.core.exceptions import ImproperlyConfigured

from django_rokka.conf import Problem, find_left_over_settings, get_declared_storages
from django_rokka.storage import RokkaStorage, get_rokka_storage
from django_rokka.storage.configured import is_rokka_backend
from django_rokka.tasks import find_library, get_task

__all__ = [
    "check_contradictions",
    "check_deployed_storages",
    "check_left_over_settings",
    "check_storages",
    "check_task_queues",
    "iter_storages",
]

_NOT_SET = 3
"""The number of a setting that is missing, as it is before a project is configured."""


@register("rokka")
def check_storages(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report every wrong option of every rokka storage; no request.

    What is missing is a warning, so that a project without a key can migrate and be tested.
    """
    return [
        *_find_wrong_declarations(),
        *_report(Warning, _find_missing),
        *_report(
            Error,
            lambda storage: (its for its in storage.find_problems() if its.number != _NOT_SET),
        ),
    ]


@register("rokka")
def check_contradictions(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report options that have no effect."""
    return _report(Warning, lambda storage: storage.find_contradictions())


@register("rokka")
def check_left_over_settings(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report settings of former releases that choose a storage and that Django ignores."""
    return [
        Warning(
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
    """Report storages that are made for development, or unusable (``manage.py check --deploy``)."""
    return [
        *_report(Error, _find_missing),
        *_report(Warning, lambda storage: storage.find_deployment_problems()),
    ]


@register("rokka")
def check_task_queues(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report queues that ``TASKS`` lacks: what is to be done there would fail."""
    return _report(Warning, _find_missing_queue)


def iter_storages() -> Iterator[tuple[str, RokkaStorage]]:
    """Yield alias and storage of every rokka storage that can be made."""
    for alias, options in _iter_declared():
        if _are_named(options):
            yield alias, get_rokka_storage(alias)


def _find_missing(storage: RokkaStorage) -> Iterator[Problem]:
    return (problem for problem in storage.find_problems() if problem.number == _NOT_SET)


def _find_missing_queue(storage: RokkaStorage) -> Iterator[Problem]:
    """Yield a problem where no task can be made; nothing is asked where none are installed."""
    library = find_library()
    try:
        config = storage.config
    except ImproperlyConfigured:
        return  # its own checks say why
    if library is None:
        return
    try:
        get_task("fetch_placeholder", backend=config.task_backend, queue=config.task_queue)
    # Each of the two libraries has a tree of its own, without a name that they share.
    except Exception as error:  # noqa: BLE001
        named = {"task_backend": config.task_backend, "task_queue": config.task_queue}
        told = " and ".join(f"{name} {value!r}" for name, value in named.items() if value)
        yield Problem(
            55,
            f"No task can be made for {told or 'the default queue'}: {error}",
            "Name a backend of TASKS and one of its QUEUES, or add them there.",
        )


def _find_wrong_declarations() -> Iterator[CheckMessage]:
    """Report OPTIONS of which no storage can be made, so that none can say so itself."""
    for alias, options in _iter_declared():
        if not _are_named(options):
            yield Error(
                f"STORAGES[{alias!r}]: OPTIONS is no dict of names, but a"
                f" {type(options).__name__}.",
                hint="Write a dict such as {'organization': 'acme'}.",
                id="django_rokka.E039",
            )


def _iter_declared() -> Iterator[tuple[str, object]]:
    """Yield alias and OPTIONS of every rokka storage."""
    for alias, declared in get_declared_storages().items():
        if is_rokka_backend(declared.get("BACKEND")):
            yield alias, declared.get("OPTIONS", {})


def _are_named(options: object) -> bool:
    return isinstance(options, Mapping) and all(isinstance(name, str) for name in options)


def _report(
    kind: type[Error] | type[Warning], find: Callable[[RokkaStorage], Iterator[Problem]]
) -> list[CheckMessage]:
    """Ask every rokka storage for one kind of its problems."""
    letter = "E" if kind is Error else "W"
    return [
        kind(
            f"STORAGES[{alias!r}]: {problem.message}",
            hint=problem.hint,
            id=f"django_rokka.{letter}{problem.number:03}",
        )
        for alias, storage in iter_storages()
        for problem in find(storage)
    ]
