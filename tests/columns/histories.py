"""A project of its own, with packages that keep histories and with two databases.

``python -m tests.columns.histories FOLDER`` prints what it found as JSON.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings

REVERSION = ["reversion"] if find_spec("reversion") else []
HASHES = [f"{digit * 20}{'0' * 20}" for digit in "abcdef"]


class Pages(AppConfig):
    """An app that has the name of Wagtail's."""

    name = "tests.columns.histories"
    label = "wagtailcore"
    path = str(Path(__file__).parent)


class Router:
    """Photographs are kept in the other database only, where nobody migrates them.

    Nobody says that the archive has anything.
    """

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "other" if model.__name__ == "Photograph" else None

    db_for_write = db_for_read

    def allow_migrate(
        self, db: str, app_label: str, model_name: str = "", **hints: Any
    ) -> bool | None:
        if model_name == "photograph":
            return False
        is_product_there = db == "other" and model_name == "product"
        return None if db == "default" or is_product_there else False


def set_up(folder: Path) -> None:
    databases: dict[str, Any] = {
        name: {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / f"{name}.sqlite"}
        for name in ("default", "other", "archive")
    }
    databases["nothing"] = {}
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "simple_history",
            *REVERSION,
            "django_rokka",
            "tests.columns",
            "tests.columns.histories.Pages",
        ],
        DATABASES=databases,
        DATABASE_ROUTERS=["tests.columns.histories.Router"],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "rokka": {
                "BACKEND": "django_rokka.storage.RokkaStorage",
                "OPTIONS": {
                    "organization": "demo",
                    "api_key": "key-of-the-tests",
                    "api_host": "http://127.0.0.1:9",
                    "retries": 0,
                },
            },
        },
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def find() -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connections, models
    from simple_history.models import HistoricalRecords

    from django_rokka.columns import find_referenced, iter_columns
    from django_rokka.fields import RokkaImage
    from django_rokka.storage import get_rokka_storage

    class Product(models.Model):
        image = RokkaImage()
        history = HistoricalRecords()

        class Meta:
            app_label = "columns"

        def __str__(self) -> str:
            return str(self.image)

    class Photograph(models.Model):
        image = RokkaImage()

        class Meta:
            app_label = "columns"

        def __str__(self) -> str:
            return str(self.image)

    class Revision(models.Model):
        content = models.JSONField()

        class Meta:
            app_label = "wagtailcore"

        def __str__(self) -> str:
            return str(self.content)

    for database in ("default", "other"):
        call_command("migrate", database=database, verbosity=0)
    for database, model in (
        ("default", Product),
        ("other", Product),
        ("default", Product.history.model),
        ("other", Photograph),
        ("archive", Photograph),
        ("default", Revision),
    ):
        with connections[database].schema_editor() as editor:
            editor.create_model(model)
    with connections["archive"].cursor() as cursor:
        cursor.execute("CREATE TABLE columns_product (id integer PRIMARY KEY, title text)")

    in_history, in_version, elsewhere, unmigrated, archived, in_revision = HASHES
    product = Product._default_manager.create(image=f"{in_history}/4x3/a.png")
    product.image = f"{in_version}/4x3/a.png"
    product.skip_history_when_saving = True
    save_version(product)
    product.skip_history_when_saving = False
    Product._default_manager.filter(pk=product.pk).update(image="")
    Product._default_manager.using("other").bulk_create([Product(image=f"{elsewhere}/4x3/a.png")])
    Photograph._default_manager.bulk_create([Photograph(image=f"{unmigrated}/4x3/a.png")])
    in_archive = Photograph._default_manager.using("archive")
    in_archive.bulk_create([Photograph(image=f"{archived}/4x3/a.png")])
    Revision._default_manager.create(content={"image": in_revision})
    storage = get_rokka_storage()
    return {
        "columns": sorted(map(str, iter_columns(storage))),
        "referenced": sorted(find_referenced(storage, HASHES)),
    }


def save_version(product: Any) -> None:
    if not REVERSION:
        product.save()
        return
    import reversion

    reversion.register(type(product))
    with reversion.create_revision():
        product.save()


if __name__ == "__main__":
    set_up(Path(sys.argv[1]))
    sys.stdout.write(json.dumps(find()))
