"""What the shop sells."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from django_rokka.fields import RokkaImage


class Brand(models.Model):
    """A row whose image has an alias and a placeholder: both take calls after the commit."""

    logo = RokkaImage(alias="{model}_{pk}", placeholder_field="placeholder")
    placeholder = models.CharField(max_length=100, blank=True)

    # Told to type checkers, whose settings do not have this app.
    objects: ClassVar[models.Manager[Brand]] = models.Manager()

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return f"brand {self.pk}"
