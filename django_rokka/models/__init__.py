"""Tables of ours; no page needs one of them to render."""

from __future__ import annotations

from django_rokka.models.alias import Alias, AliasQuerySet
from django_rokka.models.cache_invalidation import (
    CacheInvalidation,
    CacheInvalidationQuerySet,
    InvalidationBudget,
)
from django_rokka.models.library_sync import LibrarySync, LibrarySyncQuerySet
from django_rokka.models.source_image import SourceImage, SourceImageQuerySet

__all__ = [
    "Alias",
    "AliasQuerySet",
    "CacheInvalidation",
    "CacheInvalidationQuerySet",
    "InvalidationBudget",
    "LibrarySync",
    "LibrarySyncQuerySet",
    "SourceImage",
    "SourceImageQuerySet",
]
