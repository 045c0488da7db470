"""Rows whose images django-cleanup would delete."""

from __future__ import annotations

from django.core.files.storage import Storage, storages
from django.db import models

from django_rokka.fields import RokkaImage


def get_storage() -> Storage:
    return storages["rokka"]


class Picture(models.Model):
    """A row with an image of ours."""

    image = RokkaImage(blank=True)

    class Meta:
        app_label = "beside"

    def __str__(self) -> str:
        return self.image.name or ""


class Plain(models.Model):
    """A row with Django's own field on a rokka storage."""

    image = models.ImageField(blank=True, storage=get_storage)

    class Meta:
        app_label = "beside"

    def __str__(self) -> str:
        return self.image.name or ""
