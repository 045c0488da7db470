"""Settings of the small project that is killed and raced; its parent tells where things are."""

from __future__ import annotations

import json
import os

from tests import settings as base

SECRET_KEY = base.SECRET_KEY
USE_TZ = True
TIME_ZONE = base.TIME_ZONE
ROOT_URLCONF = "tests.urls"
STATIC_URL = base.STATIC_URL
ALLOWED_HOSTS = base.ALLOWED_HOSTS
INSTALLED_APPS = [
    *(name for name in base.INSTALLED_APPS if name != "tests.testapp"),
    "tests.disasters.gallery",
]
MIDDLEWARE = base.MIDDLEWARE
TEMPLATES = base.TEMPLATES
PASSWORD_HASHERS = base.PASSWORD_HASHERS
DEFAULT_AUTO_FIELD = base.DEFAULT_AUTO_FIELD

DATABASES = {"default": json.loads(os.environ["DISASTERS_DATABASE"])}
ROKKA = json.loads(os.environ["DISASTERS_ROKKA"])
STORAGES = {
    **base.STORAGES,
    "rokka": {"BACKEND": "django_rokka.storage.RokkaStorage", "OPTIONS": ROKKA},
}
LOGGING_CONFIG = None  # the worker listens itself
