"""Do each act on one of two rows that have the same image, and tell what is left of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import django
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import transaction

from tests import pictures

deleted: list[str] = []
"""The names that django-cleanup has handed to a storage."""


def a_file(height: int) -> ContentFile[bytes]:
    return ContentFile(pictures.png(height=height), "lake.png")


def replace(first: Any) -> None:
    first.image = a_file(100)
    first.save()


def replace_by_the_same(first: Any) -> None:
    first.image = a_file(first.image.height)
    first.save()


def clear(first: Any) -> None:
    first.image = ""
    first.save()


def delete(first: Any) -> None:
    first.delete()


def delete_all(first: Any) -> None:
    type(first).objects.filter(pk=first.pk).delete()


def roll_back(first: Any) -> None:
    with transaction.atomic():
        first.delete()
        transaction.set_rollback(True)


ACTS: dict[str, Callable[[Any], None]] = {
    act.__name__: act
    for act in (replace, replace_by_the_same, clear, delete, delete_all, roll_back)
}


def tell(model: Any, act: Callable[[Any], None], *, height: int) -> dict[str, Any]:
    """Do an act on one of two new rows; tell what they hold then, and what was deleted."""
    deleted.clear()
    first, second = (model.objects.create(image=a_file(height)) for _ in range(2))
    keys, shared = (first.pk, second.pk), second.image.name
    act(first)
    left = model.objects.filter(pk__in=keys).exclude(image="").order_by("pk")
    return {
        "shared": shared,
        "deleted": [*deleted],
        "left": [row.image.name for row in left],
        "urls": [row.image.url for row in left],
    }


def main(kind: str) -> None:
    """Do each act with pictures of its own, and print what became of them."""
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    from django_cleanup.signals import (  # type: ignore[import-untyped]  # it has no types
        cleanup_post_delete,
    )

    from tests.contracts.beside import models

    def note(sender: Any, file_name: str, **kwargs: Any) -> None:
        deleted.append(file_name)

    cleanup_post_delete.connect(note)
    told = {
        name: tell(getattr(models, kind), act, height=height)
        for height, (name, act) in enumerate(ACTS.items(), start=10)
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
