"""Doing in a test what production does after the commit."""

from __future__ import annotations

from django.db import connections

from django_rokka.tasks import find_library

__all__ = ["run_pending"]

_OURS = "django_rokka."


def run_pending() -> None:
    """Do what waits for the end of the test's transaction, and the tasks that follow from it.

    Nothing is ever committed in a ``TestCase``, so that no alias moves and no placeholder comes;
    this runs all that waits, the project's own too, as the commit would. Of the tasks that
    ``DummyBackend`` keeps those of django-rokka are run. What fails is raised, where production
    would log it::

        brand = Brand.objects.create(logo=make_image())
        run_pending()
        assert brand.logo.alias
    """
    while _run_callbacks() or _run_tasks():
        pass


def _run_callbacks() -> bool:
    waiting = []
    for connection in connections.all(initialized_only=True):
        waiting += connection.run_on_commit
        connection.run_on_commit = []
    for _, act, *_ in waiting:
        act()
    return bool(waiting)


def _run_tasks() -> bool:
    library = find_library()
    backends = library.task_backends.all(initialized_only=True) if library else []
    waiting = []
    for backend in backends:
        kept = getattr(backend, "results", [])  # only the dummy backend has them
        ours = [result for result in kept if result.task.module_path.startswith(_OURS)]
        for result in ours:
            kept.remove(result)
        waiting += ours
    for result in waiting:
        result.task.call(*result.args, **result.kwargs)
    return bool(waiting)
