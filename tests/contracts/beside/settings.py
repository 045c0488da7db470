"""Settings of the small project; its parent tells where rokka is."""

from __future__ import annotations

import json
import os

SECRET_KEY = "tests only"
USE_TZ = True
INSTALLED_APPS = [
    "django_rokka",
    "tests.contracts.beside",
    "django_cleanup.apps.CleanupConfig",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "rokka": {
        "BACKEND": "django_rokka.storage.RokkaStorage",
        "OPTIONS": json.loads(os.environ["BESIDE_ROKKA"]),
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
