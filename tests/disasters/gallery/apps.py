"""The app of the small project."""

from __future__ import annotations

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    name = "tests.disasters.gallery"
    label = "gallery"
    default_auto_field = "django.db.models.BigAutoField"
