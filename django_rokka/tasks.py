"""Work in the background: by the project's task queue, or at once where it has none.

Tasks are made when they are first asked for, since making one fails in a project whose queues
have other names. The path of each is public: queues hold it.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from django_rokka import aliases, invalidation, placeholders
from django_rokka.conf import as_aware
from django_rokka.fields import RokkaImage
from django_rokka.models import Alias
from django_rokka.storage import RokkaStorage, get_rokka_storage, iter_rokka_storages

__all__ = ["apply_alias_later", "fetch_placeholder_later", "find_library", "get_task"]

_LIBRARIES = ("django.tasks", "django_tasks")
"""Django's own since 6.0, and the same for the versions before."""

logger = logging.getLogger("django_rokka.tasks")


def apply_alias_later(alias: Alias, field: RokkaImage, *, using: str) -> str:
    """Have an alias moved to where its row wants it; call it when the row is committed.

    Return what the row's column holds since, if that was done at once, else an empty text. Done
    at once it takes ten seconds at most, with the clearing of caches; and once ten seconds were
    lost to failures, further aliases are left to the next ``apply`` for half a minute.
    """
    task = _get_task_of("apply_alias", field.rokka_storage)
    is_at_once = task is None or not task.get_backend().supports_defer
    if is_at_once and aliases.patience.is_over:
        logger.warning("rokka fails just now, so the alias %r is moved later.", alias.name)
        return ""
    if task is None:
        return _apply_alias(alias.pk, using)
    return _read_result(task.enqueue(alias.pk, using))


def fetch_placeholder_later(instance: Model, field: RokkaImage, *, using: str) -> str:
    """Have the placeholder of a row's image fetched; call it when the row is committed.

    Return the placeholder if that was done at once and has changed the row, else an empty text.
    """
    owner = field.model._meta
    arguments = (owner.label_lower, owner.pk.value_to_string(instance), field.name, using)
    task = _get_task_of("fetch_placeholder", field.rokka_storage)
    if task is None:
        return _fetch_placeholder(*arguments)
    return _read_result(task.enqueue(*arguments))


def get_task(name: str, *, backend: str = "", queue: str = "") -> Any:
    """Return a task of this module for a backend and a queue; ``None`` where nothing runs tasks.

    Raise what the library raises for a backend or a queue that the project does not have.
    """
    library = find_library()
    if library is None:
        return None
    options = {"backend": backend, "queue_name": queue}
    return library.task(**{key: value for key, value in options.items() if value})(_ACTS[name])


@functools.cache
def find_library() -> Any:
    """Return the module that makes and runs tasks, ``None`` where there is none."""
    for name in _LIBRARIES:
        try:
            return import_module(name)
        except ImportError:  # noqa: PERF203  # there are two
            continue
    return None


def __getattr__(name: str) -> Any:
    """Return a task by its name, as the workers of a queue look it up."""
    if name in _ACTS and find_library() is not None:
        failures = (ImproperlyConfigured, find_library().exceptions.TaskException)
        for _, storage in iter_rokka_storages():
            with suppress(*failures):  # the checks say why; another one will do
                return _get_task_of(name, storage)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _apply_alias(alias_pk: int, using: str, *, is_retry: bool = False) -> str:
    applied = aliases.apply_and_drain(alias_pk, using=using, is_retry=is_retry)
    if applied is None:
        return ""
    if applied.failure is not None:
        due_at = Alias.objects.using(using).filter(pk=alias_pk).values_list("due_at", flat=True)
        again = {"alias_pk": alias_pk, "using": using, "is_retry": True}
        _defer("apply_alias", again, storage=applied.storage, until=due_at.first())
    elif applied.is_clearing:
        _plan_drain(applied.storage)
    return applied.result.reference


def _drain_caches(storage_alias: str) -> None:
    storage = get_rokka_storage(storage_alias)
    invalidation.drain(storage)
    _plan_drain(storage)


def _fetch_placeholder(model: str, pk: str, field: str, using: str) -> str:
    return placeholders.complete(model, pk, field, using=using)


def _plan_drain(storage: RokkaStorage) -> None:
    """Have what waits for the budget sent when there is room, by one task alone."""
    if not _can_defer(storage):
        return
    moment = invalidation.plan_drain(storage)
    names = [alias for alias, its in iter_rokka_storages() if its == storage]
    if moment is not None and names:
        _defer("drain_caches", {"storage_alias": names[0]}, storage=storage, until=moment)


def _defer(
    name: str, arguments: dict[str, Any], *, storage: RokkaStorage, until: datetime | None
) -> None:
    """Enqueue a task for later, where there is a queue that can wait; else cron does it."""
    if until is None or not _can_defer(storage):
        return
    _get_task_of(name, storage).using(run_after=as_aware(until)).enqueue(**arguments)


def _can_defer(storage: RokkaStorage) -> bool:
    task = _get_task_of("apply_alias", storage)
    return task is not None and task.get_backend().supports_defer


def _get_task_of(name: str, storage: RokkaStorage) -> Any:
    config = storage.config
    return get_task(name, backend=config.task_backend, queue=config.task_queue)


def _read_result(result: Any) -> str:
    """Return what a task has returned, if it is done: Django's ImmediateBackend does it at once."""
    return str(result.return_value or "") if str(result.status) == "SUCCESSFUL" else ""


_ACTS: dict[str, Callable[..., object]] = {
    "apply_alias": _apply_alias,
    "drain_caches": _drain_caches,
    "fetch_placeholder": _fetch_placeholder,
}
for _name, _act in _ACTS.items():
    # The name of a task is the path by which a worker imports it: that of the task, above.
    _act.__name__ = _act.__qualname__ = _name
