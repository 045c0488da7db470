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


# Models that need those above.
from tests.testapp import scanned  # noqa: E402, F401  # Django looks for models in this module


class Cover(models.Model):
    """An image with a text, and with a placeholder that is fetched in the background."""

    image = RokkaImage(blank=True, alt_field="caption", placeholder_field="placeholder")
    caption = models.CharField(max_length=100, blank=True)
    placeholder = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.caption


class Spread(models.Model):
    """Two images, which may be the same."""

    left = RokkaImage(blank=True)
    right = RokkaImage(blank=True)

    def __str__(self) -> str:
        return f"{self.left} {self.right}"


class Recent(Photo):
    """A proxy of a row with an image."""

    class Meta:
        proxy = True

    def __str__(self) -> str:
        return self.title


class Ticket(models.Model):
    """An image in the row of a database cascade and of a key that nobody counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, null=True)
    stub = RokkaImage(blank=True)

    def __str__(self) -> str:
        return str(self.pk)


def get_badge_name(badge: Badge) -> str:
    return f"badge-{badge.name}" if badge.name else ""


class Badge(models.Model):
    """An image whose alias is made by a callable, and whose metadata change in its place."""

    name = models.CharField(max_length=200, blank=True)
    picture = RokkaImage(blank=True, alias=get_badge_name, keep_hash=True)

    def __str__(self) -> str:
        return self.name
