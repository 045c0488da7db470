"""A process of the shop that does one act and prints what came of it, a line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import django
from django.core.files.base import ContentFile
from django.core.management import call_command

from tests import pictures

__all__ = ["main"]


def main(act: str, *arguments: str) -> None:
    django.setup()
    if json.loads(os.environ["RECIPES"])["tasks"] is None:
        # As on Django 5.2 without the backport.
        for name in ("django.tasks", "django_tasks"):
            sys.modules[name] = None  # type: ignore[assignment]  # how Python notes what is missing
    json.dump(ACTS[act](*arguments), sys.stdout)


def migrate() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)


def empty() -> None:
    """Delete all rows, one by one of each table: no signal of the shop's is sent."""
    call_command("flush", interactive=False, verbosity=0)


def create(colour: str) -> dict[str, Any]:
    """Save a new row, and tell which calls that made."""
    from tests.recipes.shop.models import Brand

    return watch(lambda: Brand.objects.create(logo=draw(colour)))


def replace(colour: str) -> dict[str, Any]:
    """Give the row another image."""
    from tests.recipes.shop.models import Brand

    brand = Brand.objects.get()
    brand.logo = draw(colour)
    return watch(lambda: save(brand))


def time_replacing(colour: str) -> float:
    """Give the row another image, and tell how many seconds that took."""
    began = time.monotonic()
    replace(colour)
    return time.monotonic() - began


def replace_by_update(colour: str) -> dict[str, Any]:
    """Give the row another image behind the back of all signals."""
    from django_rokka.storage import get_rokka_storage

    from tests.recipes.shop.models import Brand

    name = get_rokka_storage().save(f"{colour}.png", draw(colour))
    return watch(lambda: Brand.objects.update(logo=name))


def tell() -> dict[str, Any]:
    """Tell what the database knows of the row."""
    from django.utils import timezone

    from django_rokka.models import Alias, CacheInvalidation

    from tests.recipes.shop.models import Brand

    brand = Brand.objects.get()
    alias = Alias.objects.get()
    soon = alias.due_at and alias.due_at - timezone.now()
    return {
        "hash": brand.logo.hash,
        "alias": brand.logo.alias,
        "has_placeholder": bool(brand.placeholder),
        "state": alias.state,
        "error": alias.last_error,
        "is_due_within_minutes": bool(soon) and timedelta(0) < soon < timedelta(minutes=5),
        "wishes": sorted(CacheInvalidation.objects.values_list("key", "outcome")),
    }


def count_tasks() -> int:
    """Count the tasks that wait in the table of django-tasks-db."""
    tasks = import_module("django_tasks_db.models").DBTaskResult.objects
    return int(tasks.ready().count())


def save(row: Any) -> Any:
    row.save()
    return row


def watch(act: Callable[[], Any]) -> dict[str, Any]:
    """Tell which calls an act made, and which alias the object knows of after it."""
    from django_rokka.client import observe_calls

    with observe_calls() as calls:
        row = act()
    logo = getattr(row, "logo", None)
    return {"calls": [call.method for call in calls], "alias": logo.alias if logo else ""}


def draw(colour: str) -> ContentFile[bytes]:
    return ContentFile(pictures.png(colour=colour), f"{colour}.png")


ACTS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(migrate, empty, create, replace, time_replacing, replace_by_update),
        *(tell, count_tasks),
    )
}

if __name__ == "__main__":
    main(*sys.argv[1:])
