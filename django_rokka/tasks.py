"""Work in the background: by the project's task queue, or at once where it has none.

Tasks are made when they are first asked for, since making one fails in a project whose queues
have other names. The path of each is public: queues hold it.
"""

from __future__ import annotations

import functools
from contextlib import suppress
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from django_rokka import placeholders
from django_rokka.fields import RokkaImage
from django_rokka.storage import iter_rokka_storages

__all__ = ["fetch_placeholder_later", "find_library", "get_task"]

_LIBRARIES = ("django.tasks", "django_tasks")
"""Django's own since 6.0, and the same for the versions before."""


def fetch_placeholder_later(instance: Model, field: RokkaImage, *, using: str) -> str:
    """Have the placeholder of a row's image fetched; call it when the row is committed.

    Return the placeholder if that was done at once and has changed the row, else an empty text.
    """
    owner = field.model._meta
    arguments = (owner.label_lower, owner.pk.value_to_string(instance), field.name, using)
    config = field.rokka_storage.config
    task = get_task("fetch_placeholder", backend=config.task_backend, queue=config.task_queue)
    if task is None:
        return _fetch_placeholder(*arguments)
    result = task.enqueue(*arguments)
    # Django's ImmediateBackend is done by now, a queue has only taken it.
    return str(result.return_value or "") if str(result.status) == "SUCCESSFUL" else ""


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
    if name in _ACTS:
        for _, storage in iter_rokka_storages():
            with suppress(ImproperlyConfigured):  # its own checks say why; another one will do
                config = storage.config
                return get_task(name, backend=config.task_backend, queue=config.task_queue)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _fetch_placeholder(model: str, pk: str, field: str, using: str) -> str:
    return placeholders.complete(model, pk, field, using=using)


_ACTS = {"fetch_placeholder": _fetch_placeholder}
for _name, _act in _ACTS.items():
    # The name of a task is the path by which a worker imports it: that of the task, above.
    _act.__name__ = _act.__qualname__ = _name
