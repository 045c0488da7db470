"""The mirror of what rokka holds: the admin's library, and what the collector works on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from django_rokka.conf import ENVIRONMENT_PREFIX
from django_rokka.fields.names import CaseSensitiveCharField

__all__ = ["SourceImage", "SourceImageQuerySet"]

_BEGINNING_OF_HASH = re.compile(r"[0-9a-f]{6,40}")


class SearchText(models.TextField):  # type: ignore[type-arg]  # at run time it takes none
    """What is searched for words: written with the row, with the same letters large and small.

    The JSON of metadata is no place to look: databases escape it in different ways, and not all
    of them know that ``Ä`` is a large ``ä``.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001, Django's
        """Return the name and the values of user metadata, without marks of environments."""
        assert isinstance(model_instance, SourceImage)  # noqa: S101, for the type
        metadata = {
            name: value
            for name, value in model_instance.user_metadata.items()
            if not name.startswith(ENVIRONMENT_PREFIX)
        }
        text = _fold("\n".join((model_instance.name, *_iter_texts(metadata))))
        setattr(model_instance, self.attname, text)
        return text

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Stand in migrations as the column that it is."""
        name, _path, arguments, options = super().deconstruct()
        return name, "django.db.models.TextField", [*arguments], {**options}


class SourceImageQuerySet(models.QuerySet["SourceImage"]):
    """Questions to the mirror; rokka is not asked."""

    def alive(self) -> SourceImageQuerySet:
        """Keep the images that rokka renders, not those that were deleted there."""
        kept: SourceImageQuerySet = self.filter(deleted_at=None)
        return kept

    def search(self, text: str) -> SourceImageQuerySet:
        """Keep the images that have every word, large or small, or begin with that hash.

        Words are looked for anywhere in the name and in the values of user metadata; six digits
        of a hash are enough. All there are where there is no word.
        """
        found: SourceImageQuerySet = self.all()
        for word in _fold(text).split():
            condition = Q(search_text__contains=word)
            if _BEGINNING_OF_HASH.fullmatch(word):
                condition |= Q(hash__startswith=word)
            found = found.filter(condition)
        return found

    def released(self) -> SourceImageQuerySet:
        """Keep the images that rows have let go of; others may refer to them nevertheless."""
        kept: SourceImageQuerySet = self.filter(released_at__isnull=False)
        return kept

    def unreferenced(self) -> SourceImageQuerySet:
        """Keep the images that the last scan of all columns has found no reference to."""
        kept: SourceImageQuerySet = self.filter(released_at__lte=F("scanned_at"))
        return kept

    def duplicates(self) -> SourceImageQuerySet:
        """Keep the images whose file others are made of too, by their binary hash."""
        others = SourceImage.objects.using(self.db).filter(
            organization=OuterRef("organization"),
            binary_hash=OuterRef("binary_hash"),
            deleted_at=None,
        )
        kept: SourceImageQuerySet = self.alive().filter(Exists(others.exclude(pk=OuterRef("pk"))))
        return kept


class SourceImage(models.Model):
    """An image that rokka holds, as it was last seen.

    ``released_at`` is since when no row is known to refer to it, ``scanned_at`` when all columns
    were last scanned for it, ``synced_at`` when rokka last listed it, ``deleted_at`` since when
    rokka keeps it only to have it restored.
    """

    organization = models.CharField(_("organization"), max_length=100)
    hash = CaseSensitiveCharField(_("hash"), max_length=40)
    binary_hash = models.CharField(_("binary hash"), max_length=40)
    name = models.CharField(_("name"), max_length=255)
    format = models.CharField(_("format"), max_length=20)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    width = models.PositiveIntegerField(_("width"), null=True)
    height = models.PositiveIntegerField(_("height"), null=True)
    created = models.DateTimeField(_("created"))
    user_metadata = models.JSONField(_("user metadata"), default=dict)
    dynamic_metadata = models.JSONField(_("dynamic metadata"), default=dict)
    search_text = SearchText(_("searched text"), editable=False, default="")
    locked = models.BooleanField(_("locked"), default=False)
    protected = models.BooleanField(_("protected"), default=False)
    placeholder = models.CharField(_("placeholder"), max_length=100, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True)
    released_at = models.DateTimeField(_("released"), null=True)
    scanned_at = models.DateTimeField(_("scanned"), null=True)
    synced_at = models.DateTimeField(_("synced"), null=True)

    objects = SourceImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("source image")
        verbose_name_plural = _("source images")
        ordering = ("-created", "hash")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "hash"), name="django_rokka_source_image_hash"
            ),
        )
        indexes = (
            models.Index(fields=("organization", "binary_hash"), name="django_rokka_image_binary"),
            models.Index(fields=("organization", "created"), name="django_rokka_image_created"),
            models.Index(
                fields=("organization", "released_at"), name="django_rokka_image_released"
            ),
            models.Index(fields=("organization", "scanned_at"), name="django_rokka_image_scanned"),
            models.Index(fields=("organization", "synced_at"), name="django_rokka_image_synced"),
        )

    def __str__(self) -> str:
        return self.name or self.hash


def _iter_texts(value: Any) -> Iterator[str]:
    """Yield what is written in metadata, however deep, without the names of fields."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _iter_texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _iter_texts(item)
    elif value is not None:
        yield str(value)


def _fold(text: str) -> str:
    """Write letters that mean the same alike, and leave out what no database can be asked for."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return folded.replace("\0", " ").encode(errors="replace").decode()
