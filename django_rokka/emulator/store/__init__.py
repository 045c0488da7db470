"""What the emulator remembers: rows in one SQLite file, safe with threads and processes."""

from __future__ import annotations

from django_rokka.emulator.store.aliases import Aliases, Invalidations, StoredAlias
from django_rokka.emulator.store.database import Database
from django_rokka.emulator.store.organizations import Organizations, StoredOrganization
from django_rokka.emulator.store.source_images import SourceImages, StoredImage, image_hash
from django_rokka.emulator.store.stacks import Stacks, StoredStack

__all__ = [
    "Aliases",
    "Database",
    "Invalidations",
    "Organizations",
    "SourceImages",
    "Stacks",
    "StoredAlias",
    "StoredImage",
    "StoredOrganization",
    "StoredStack",
    "image_hash",
]
