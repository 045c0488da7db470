"""Settings of a small photo magazine whose pictures live at rokka."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from example.stacks import STACKS

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / "data"
DATA_DIR.mkdir(exist_ok=True)

# Where the pictures live.
#
# Without an account, django-rokka's emulator keeps them in a folder and renders them in this very
# process. With ROKKA_API_URL=rokka://KEY@ORGANIZATION in the environment the same magazine keeps
# them at rokka.io. Nothing else in this project knows the difference.

IS_EMULATED = "ROKKA_API_URL" not in os.environ

ROKKA: dict[str, Any]
if IS_EMULATED:
    ROKKA = {
        "BACKEND": "django_rokka.contrib.emulator.EmulatedRokkaStorage",
        "OPTIONS": {"organization": "demo", "root": DATA_DIR / "rokka", "stacks": STACKS},
    }
else:
    ROKKA = {
        "BACKEND": "django_rokka.storage.RokkaStorage",
        "OPTIONS": {"api_url": os.environ["ROKKA_API_URL"], "stacks": STACKS},
    }
    # A rokka elsewhere, such as `python -m django_rokka.emulator` in another terminal.
    for option, variable in (("api_host", "ROKKA_API_HOST"), ("render_host", "ROKKA_RENDER_HOST")):
        if variable in os.environ:
            ROKKA["OPTIONS"][option] = os.environ[variable]

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "rokka": ROKKA,
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_rokka",
    "magazine",
]

# The rest is what `django-admin startproject` writes.

SECRET_KEY = "a demonstration on this machine only"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "example.urls"
WSGI_APPLICATION = "example.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "magazine.views.brand",
            ],
        },
    },
]

# One database for each kind of storage, because rows refer to the images that one storage holds.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / ("emulated.sqlite3" if IS_EMULATED else "rokka.sqlite3"),
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
