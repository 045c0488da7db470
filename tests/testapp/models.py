"""Models of the tests."""

from __future__ import annotations

import uuid

from django.core.files.storage import Storage, storages
from django.db import models

from django_rokka.fields import RokkaImage


def get_storage() -> Storage:
    return storages["rokka"]


class Brand(models.Model):
    """A row whose image has an alias."""

    name = models.CharField(max_length=100)
    logo = RokkaImage(alias="brand_{pk}_logo")

    def __str__(self) -> str:
        return self.name


class Photo(models.Model):
    """An optional image; its width column comes before it, its height column after."""

    title = models.CharField(max_length=100, blank=True)
    image_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    image = RokkaImage(blank=True, width_field="image_width", height_field="image_height")
    image_height = models.PositiveIntegerField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.title


class Portrait(Photo):
    """A child with a table of its own."""

    person = models.CharField(max_length=100, blank=True)


class Contract(models.Model):
    """A protected image, under a key that holds hyphens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    scan = RokkaImage(protected=True, alias="contract_{id}", render_by="alias")

    def __str__(self) -> str:
        return str(self.pk)


class Plain(models.Model):
    """Django's own field on a rokka storage."""

    picture = models.ImageField(storage=get_storage)

    def __str__(self) -> str:
        return self.picture.name or ""


class Document(models.Model):
    """An abstract parent, whose template names each child's rows apart."""

    slug = models.CharField(max_length=200)
    page = RokkaImage(alias="{model}_{slug}_{field}", blank=True, default_stack="content")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.slug


class Leaflet(Document):
    """A child of the abstract parent."""


class Poster(Document):
    """Another child of the abstract parent."""


class Caption(models.Model):
    """What Photo would be without any image: the measure of its queries."""

    title = models.CharField(max_length=100, blank=True)
    image_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    image = models.CharField(max_length=255, blank=True)
    image_height = models.PositiveIntegerField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.title


class Album(models.Model):
    """A row with a cover, and with pages that its form edits too."""

    title = models.CharField(max_length=100, unique=True)
    cover = RokkaImage(blank=True)

    def __str__(self) -> str:
        return self.title


class AlbumPage(models.Model):
    """A row that is edited in the form of another."""

    album = models.ForeignKey(Album, on_delete=models.CASCADE)
    picture = RokkaImage()

    def __str__(self) -> str:
        return str(self.picture)
