"""The app of the small project."""

from __future__ import annotations

from django.apps import AppConfig


class BesideConfig(AppConfig):
    name = "tests.contracts.beside"
    label = "beside"
    default_auto_field = "django.db.models.BigAutoField"
