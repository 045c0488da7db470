"""Models whose columns the collector reads, beside those that hold an image and nothing more."""

from __future__ import annotations

from django.db import models

from django_rokka.columns import register_column
from django_rokka.fields import RokkaImage

from tests.testapp.models import Album

default_photos: list[str] = []
"""What the default of ``Venue.photo`` says; a test puts a reference here."""


def get_default_photo() -> str:
    return default_photos[0] if default_photos else ""


class Article(models.Model):
    """Rich text and structured content, both registered, and a text that is not."""

    body = models.TextField(blank=True)
    blocks = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.body


class Seat(models.Model):
    """A row with a key of two columns."""

    pk = models.CompositePrimaryKey("row", "number")
    row = models.CharField(max_length=10)
    number = models.IntegerField()
    view = RokkaImage(blank=True)

    def __str__(self) -> str:
        return f"{self.row}{self.number}"


class Venue(models.Model):
    """A row that has an image also if nobody chose one."""

    photo = RokkaImage(default=get_default_photo, blank=True)

    def __str__(self) -> str:
        return str(self.photo)


class AlbumRecord(models.Model):
    """What a package that keeps histories makes of Album: its image becomes a text."""

    instance_type = Album

    history_id = models.AutoField(primary_key=True)
    id = models.IntegerField(db_index=True)
    title = models.CharField(max_length=100)
    cover = models.TextField(max_length=255, blank=True)

    def __str__(self) -> str:
        return self.title


class HiddenPhotoManager(models.Manager["HiddenPhoto"]):
    """A manager that does not show all rows, nor to Django itself."""

    def get_queryset(self) -> models.QuerySet[HiddenPhoto]:
        shown: models.QuerySet[HiddenPhoto] = super().get_queryset().filter(is_shown=True)
        return shown


class HiddenPhoto(models.Model):
    """A row that managers hide after it was put away."""

    is_shown = models.BooleanField(default=True)
    image = RokkaImage()

    objects = HiddenPhotoManager()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return str(self.image)


register_column("testapp.Article", "body")
register_column("testapp.Article", "blocks")
