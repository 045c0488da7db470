"""What Celery's workers do for the shop."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string

from django_rokka import aliases, invalidation

from tests.recipes.shop.celery import app


@app.task(ignore_result=True)  # type: ignore[untyped-decorator]  # Celery's
def run_task(path: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Do a task of django.tasks."""
    import_string(path).call(*args, **kwargs)


@app.task(ignore_result=True)  # type: ignore[untyped-decorator]  # Celery's
def follow_up() -> None:
    """Finish what was left undone; beat asks for it every minute."""
    aliases.reconcile()
    aliases.apply()
    invalidation.drain()
