"""Settings of the small shop; its parent tells where things are and how its work is done."""

from __future__ import annotations

import json
import os
from typing import Any

_told: dict[str, Any] = json.loads(os.environ["RECIPES"])

SECRET_KEY = "tests only"
USE_TZ = True
INSTALLED_APPS = ["django_rokka", "tests.recipes.shop", *_told["apps"]]
DATABASES = {"default": _told["database"]}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "rokka": {"BACKEND": "django_rokka.storage.RokkaStorage", "OPTIONS": _told["rokka"]},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if _told["tasks"]:
    TASKS = _told["tasks"]
if "redis_queues" in _told:
    RQ_QUEUES = _told["redis_queues"]
if "celery" in _told:
    CELERY_BROKER_URL = _told["celery"]["broker"]
    CELERY_TASK_DEFAULT_QUEUE = _told["celery"]["queue"]
    CELERY_BEAT_SCHEDULE = {
        "rokka": {
            "task": "tests.recipes.shop.tasks.follow_up",
            "schedule": _told["celery"]["seconds"],
        }
    }
