"""The emulator's pictures: ``path("rokka/", include("django_rokka.contrib.emulator.urls"))``."""

from __future__ import annotations

from django.urls import path

from django_rokka.contrib.emulator.views import render

__all__ = ["app_name", "urlpatterns"]

app_name = "rokka_emulator"

urlpatterns = [path("render/<path:target>", render, name="render")]
