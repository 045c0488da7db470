"""What the emulator remembers: rows in one SQLite file, safe with threads and processes."""

from __future__ import annotations

from django_rokka.emulator.store.aliases import Aliases, Invalidations, StoredAlias
from django_rokka.emulator.store.database import Database
from django_rokka.emulator.store.delayed import DelayedIndex
from django_rokka.emulator.store.image_lists import ImageLists, Page
from django_rokka.emulator.store.image_rows import StoredImage, image_hash
from django_rokka.emulator.store.memberships import Change, Memberships, StoredMembership
from django_rokka.emulator.store.organizations import Organizations, StoredOrganization
from django_rokka.emulator.store.search import Position, Search
from django_rokka.emulator.store.second_factors import CodeCheck, SecondFactor, SecondFactors
from django_rokka.emulator.store.source_images import Derived, SourceImages
from django_rokka.emulator.store.stacks import Stacks, StoredStack
from django_rokka.emulator.store.statistics import AlbumItem, Day, Statistics
from django_rokka.emulator.store.users import MAX_KEYS, ROOT_USER, StoredKey, StoredUser, Users

__all__ = [
    "MAX_KEYS",
    "ROOT_USER",
    "AlbumItem",
    "Aliases",
    "Change",
    "CodeCheck",
    "Database",
    "Day",
    "DelayedIndex",
    "Derived",
    "ImageLists",
    "Invalidations",
    "Memberships",
    "Organizations",
    "Page",
    "Position",
    "Search",
    "SecondFactor",
    "SecondFactors",
    "SourceImages",
    "Stacks",
    "Statistics",
    "StoredAlias",
    "StoredImage",
    "StoredKey",
    "StoredMembership",
    "StoredOrganization",
    "StoredStack",
    "StoredUser",
    "Users",
    "image_hash",
]
