"""A process that wishes or drains, on a database and a rokka that it is told."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime, timedelta, timezone
from importlib import import_module
from typing import Any

import django
from django.conf import settings


def main(told: dict[str, Any]) -> None:
    if told["database"]["ENGINE"].endswith("mysql"):
        # As in the tests' settings: Django asks for the module of mysqlclient.
        import_module("pymysql").install_as_MySQLdb()
    settings.configure(
        USE_TZ=True,
        DATABASES={"default": told["database"]},
        INSTALLED_APPS=["django_rokka"],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "rokka": {
                "BACKEND": "django_rokka.storage.RokkaStorage",
                "OPTIONS": told["options"],
            },
        },
    )
    django.setup()
    from django.core.management import call_command
    from django.db import transaction
    from django.db.models.signals import post_save
    from django.utils import timezone as django_timezone

    from django_rokka import invalidation
    from django_rokka.models import CacheInvalidation, InvalidationBudget

    ahead = timedelta(seconds=told.get("ahead", 0))
    django_timezone.now = lambda: datetime.now(timezone.utc) + ahead

    def die_after_reservation(instance: InvalidationBudget, **kwargs: object) -> None:
        if instance.spent:
            transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))

    act = told["act"]
    if act == "migrate":
        call_command("migrate", verbosity=0)
    elif act == "wish":
        for name in told["names"]:
            invalidation.request("alias", name)
    elif act == "status":
        rows = CacheInvalidation.objects.order_by("pk").values_list("key", "outcome")
        print(json.dumps([list(row) for row in rows]))  # noqa: T201  # for the test
    else:
        if act == "die":
            post_save.connect(die_after_reservation, sender=InvalidationBudget)
        for _ in range(told.get("times", 1)):
            invalidation.drain()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
