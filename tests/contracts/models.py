"""Models of the contracts, known to a registry of their own and to no other test."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps.registry import Apps
from django.db import connection, models

from django_rokka.fields import RokkaImage

from tests.testapp.models import Photo

registry = Apps()


def choose_name(instance: Any, filename: str) -> str:
    return f"people/{instance.name}/portrait-of-{filename}"


class Person(models.Model):
    """Two images, each with its size in columns of its own."""

    name = models.CharField(max_length=50)
    mugshot = RokkaImage(blank=True, width_field="mugshot_width", height_field="mugshot_height")
    headshot = RokkaImage(blank=True, width_field="headshot_width", height_field="headshot_height")
    mugshot_height = models.PositiveSmallIntegerField(null=True)
    mugshot_width = models.PositiveSmallIntegerField(null=True)
    headshot_height = models.PositiveSmallIntegerField(null=True)
    headshot_width = models.PositiveSmallIntegerField(null=True)

    objects: ClassVar[models.Manager[Person]] = models.Manager()

    class Meta:
        app_label = "testapp"
        apps = registry

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """An image that may be NULL, one height, and a file name that the row chooses."""

    name = models.CharField(max_length=50)
    portrait = RokkaImage(
        null=True, blank=True, upload_to=choose_name, height_field="portrait_height"
    )
    badge = RokkaImage(blank=True, upload_to="badges/%Y/", default="")
    portrait_height = models.PositiveSmallIntegerField(null=True)

    objects: ClassVar[models.Manager[Member]] = models.Manager()

    class Meta:
        app_label = "testapp"
        apps = registry

    def __str__(self) -> str:
        return self.name


class PhotoByProxy(Photo):
    """Photo under another name."""

    class Meta:
        app_label = "testapp"
        apps = registry
        proxy = True


def create_tables(*kinds: type[models.Model]) -> None:
    """Create the tables of models inside of a test's transaction, which takes them back."""
    editor = connection.schema_editor()
    for kind in kinds:
        # Not through create_model(): SQLite's wants no transaction around it.
        sql, parameters = editor.table_sql(kind)
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
