"""The admin of the tests."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin import ModelAdmin

from django_rokka.admin import thumbnail

from tests.testapp.models import Brand, Caption, Contract, Photo, Plain, Portrait, Poster


@admin.register(Brand)
class BrandAdmin(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("name", thumbnail("logo"))


@admin.register(Photo)
class PhotoAdmin(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("title", thumbnail("image", width=60, height=40, description="small"))


@admin.register(Caption)
class CaptionAdmin(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("title", "image")


@admin.register(Plain)
class PlainAdmin(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("id", thumbnail("picture"))


admin.site.register([Contract, Portrait, Poster])
