"""The rows that disasters happen to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from django_rokka.fields import RokkaImage


class Picture(models.Model):
    """A row with an image, or without one."""

    title = models.CharField(max_length=255)
    image = RokkaImage(blank=True)

    # Told to type checkers, whose settings do not have this app.
    objects: ClassVar[models.Manager[Picture]] = models.Manager()

    class Meta:
        app_label = "gallery"

    def __str__(self) -> str:
        return self.title


class Badge(models.Model):
    """A row whose image has an alias."""

    title = models.CharField(max_length=255)
    caption = models.CharField(max_length=255, blank=True)
    image = RokkaImage(blank=True, alias="badge_{pk}")

    # Told to type checkers, whose settings do not have this app.
    objects: ClassVar[models.Manager[Badge]] = models.Manager()

    class Meta:
        app_label = "gallery"

    def __str__(self) -> str:
        return self.title


class Banner(models.Model):
    """A row whose alias goes with it."""

    title = models.CharField(max_length=255)
    image = RokkaImage(blank=True, alias="banner_{pk}", alias_on_delete="delete")

    # Told to type checkers, whose settings do not have this app.
    objects: ClassVar[models.Manager[Banner]] = models.Manager()

    class Meta:
        app_label = "gallery"

    def __str__(self) -> str:
        return self.title
