"""The app itself."""

from __future__ import annotations

from django.apps import AppConfig


class MagazineConfig(AppConfig):
    """The magazine, with keys of 64 bits."""

    name = "magazine"
    default_auto_field = "django.db.models.BigAutoField"
