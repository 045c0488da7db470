"""Celery's app of the shop."""

from __future__ import annotations

from celery import Celery  # type: ignore[import-not-found]  # in the group `recipes` alone

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
