"""The admin of the small project."""

from __future__ import annotations

from django.contrib import admin

from django_rokka.admin import RokkaAdminMixin

from tests.disasters.gallery.models import Picture


@admin.register(Picture)
class PictureAdmin(RokkaAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Uploads before its transaction begins."""
