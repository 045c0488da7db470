"""A process of a site of its own: it takes lines of acts from its input, and answers each line.

``python -m tests.collector.environment NAME DATABASE API_HOST API_KEY``
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django
from django.conf import settings

NOW = timedelta(0)


def set_up(name: str, database: str, api_host: str, api_key: str) -> None:
    options = {"organization": "demo", "api_key": api_key, "api_host": api_host, "retries": 0}
    rokka = {"BACKEND": "django_rokka.storage.RokkaStorage"}
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django_rokka", "tests.testapp"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": database,
                "OPTIONS": {"timeout": 60, "init_command": "PRAGMA journal_mode=wal"},
            }
        },
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "rokka": {**rokka, "OPTIONS": {**options, "environment": name}},
        },
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


def save(colour: str) -> None:
    from django_rokka.testing import make_image

    from tests.testapp.models import Photo

    Photo.objects.create(image=make_image(f"{colour}.png", colour=colour))


def copy(colour: str) -> None:
    """Refer to the image of another row, without an upload."""
    from tests.testapp.models import Photo

    photo = Photo.objects.filter(image__contains=f"/{colour}.").first()
    if photo is not None:
        Photo.objects.create(image=photo.image.name)


def delete(colour: str) -> None:
    from tests.testapp.models import Photo

    for photo in Photo.objects.filter(image__contains=f"/{colour}."):
        photo.delete()


def collect() -> str:
    from django_rokka.collector import collect

    # At times no row is left in this environment.
    return str(collect(delete=True, grace=NOW, accept_fewer_columns=True))


def list_hashes() -> list[str]:
    from tests.testapp.models import Photo

    return sorted({photo.image.hash for photo in Photo.objects.all()})


def be_busy(seed: int, colours: list[str], number: int) -> None:
    """Save and delete at random."""
    chance = random.Random(seed)
    for _ in range(number):
        chance.choice([save, save, copy, delete])(chance.choice(colours))


ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act for act in (migrate, save, copy, delete, collect, list_hashes, be_busy)
}


if __name__ == "__main__":
    set_up(*sys.argv[1:])
    for line in sys.stdin:
        act, *arguments = json.loads(line)
        # An error ends the process, and with it the test.
        sys.stdout.write(json.dumps(ACTS[act](*arguments)) + "\n")
        sys.stdout.flush()
