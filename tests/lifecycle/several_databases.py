"""A project with three databases: the mirror is in one, rows are in the others.

It is a process of its own, because a project has its databases from its beginning to its end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings


class Router:
    """Keep the tables of django-rokka in a database of their own."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "library" if model._meta.app_label == "django_rokka" else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        # The notes on aliases are written in the database of their row, in its transaction.
        return True


def configure(folder: Path) -> None:
    engine = "django.db.backends.sqlite3"
    settings.configure(
        SECRET_KEY="tests only",
        USE_TZ=True,
        INSTALLED_APPS=["django_rokka", "tests.testapp"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            name: {"ENGINE": engine, "NAME": folder / f"{name}.sqlite3"}
            for name in ("default", "other", "library")
        },
        DATABASE_ROUTERS=[Router()],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "rokka": {
                "BACKEND": "django_rokka.contrib.emulator.EmulatedRokkaStorage",
                "OPTIONS": {"root": folder / "rokka", "render_host": "https://acme.rokka.io"},
            },
        },
    )
    django.setup()


def check() -> None:
    from django.core.management import call_command
    from django.db import transaction

    from tests.lifecycle.mirror import Mirror, a_file
    from tests.testapp.models import Cover, Photo

    for name in settings.DATABASES:
        call_command("migrate", database=name, run_syncdb=True, verbosity=0)
    mirror = Mirror()

    photo = Photo(image=a_file())
    photo.save(using="other")
    old = photo.image.hash
    assert (mirror.kept, mirror.released) == ({old}, set())

    with transaction.atomic(using="other"), transaction.atomic(using="default"):
        photo.image = a_file("teal")
        photo.save(using="other")
        transaction.set_rollback(True, using="default")
        assert (mirror.kept, mirror.released) == ({old, photo.image.hash}, set())
    assert (mirror.kept, mirror.released) == ({photo.image.hash}, {old})

    with transaction.atomic(using="other"), transaction.atomic(using="library"):
        Photo.objects.using("other").get().delete()
        transaction.set_rollback(True, using="other")
    assert mirror.released == {old}

    cover = Cover(image=a_file("gold"))
    cover.save(using="other")
    assert Cover.objects.using("other").get().placeholder
    assert not Cover.objects.exists()

    copy = Photo.objects.using("other").get()
    copy.save(using="default")
    copy.image = ""
    copy.save(using="default")
    assert photo.image.hash in mirror.released
    assert Photo.objects.using("other").get().image.hash == photo.image.hash


if __name__ == "__main__":
    configure(Path(sys.argv[1]))
    check()
    print("all is well")  # noqa: T201  # for the test that started it
