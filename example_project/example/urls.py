"""The addresses: the magazine, its admin, and the emulated rokka where there is one."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("magazine.urls")),
]

if settings.IS_EMULATED:
    urlpatterns.append(path("rokka/", include("django_rokka.contrib.emulator.urls")))
