"""What every endpoint works with."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from werkzeug.exceptions import NotFound

from django_rokka.emulator.concurrency.counters import Counters
from django_rokka.emulator.concurrency.memory import Memory
from django_rokka.emulator.concurrency.render_cache import RenderCache
from django_rokka.emulator.concurrency.single_flight import SingleFlight
from django_rokka.emulator.concurrency.slots import Slots
from django_rokka.emulator.files.binary_files import BinaryFiles
from django_rokka.emulator.settings import Settings
from django_rokka.emulator.store import (
    Aliases,
    Database,
    DelayedIndex,
    ImageLists,
    Invalidations,
    Memberships,
    Organizations,
    SecondFactors,
    SourceImages,
    Stacks,
    Statistics,
    StoredImage,
    StoredOrganization,
    Users,
)
from django_rokka.emulator.store.changes import ChangeWatch

__all__ = ["Services", "no_source_image", "utc_now"]

_RESTORABLE = timedelta(days=30)
"""How long a deleted image can be found and restored."""
_REMEMBERED = 2000
"""Render URLs whose answers are known without asking the database."""


def utc_now() -> datetime:
    """Return the time; the emulator's default clock."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """State of one root, the clock, and how the emulator behaves."""

    root: Path
    settings: Settings
    database: Database
    files: BinaryFiles
    source_images: SourceImages
    image_lists: ImageLists
    aliases: Aliases
    stacks: Stacks
    organizations: Organizations
    invalidations: Invalidations
    users: Users
    second_factors: SecondFactors
    memberships: Memberships
    statistics: Statistics
    clock: Callable[[], datetime]
    counters: Counters
    flights: SingleFlight
    renders: RenderCache
    memory: Memory[Any]
    """What render URLs led to, as long as nothing changes."""
    rendering_slots: Slots
    """As many renders at once as there are processors: each holds pixels in memory."""

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        api_keys: Sequence[str],
        clock: Callable[[], datetime],
        settings: Settings,
    ) -> Services:
        """Open a root, which is made where there is none."""
        root.mkdir(parents=True, exist_ok=True)
        path = root / "rokka.sqlite3"
        database, counters = Database(path), Counters()
        delayed = None
        if settings.search_delay:
            delayed = DelayedIndex(database, delay=settings.search_delay, clock=clock)
        return cls(
            root=root,
            settings=settings,
            database=database,
            files=BinaryFiles(root),
            source_images=SourceImages(database),
            image_lists=ImageLists(database, delayed=delayed),
            aliases=Aliases(database),
            stacks=Stacks(database),
            organizations=Organizations(database, is_paying=settings.is_paying),
            invalidations=Invalidations(database),
            users=Users(database, root_keys=api_keys),
            second_factors=SecondFactors(database),
            memberships=Memberships(database),
            statistics=Statistics(database),
            clock=clock,
            counters=counters,
            flights=SingleFlight(),
            renders=RenderCache(root, maximum=settings.render_cache_size, counters=counters),
            memory=Memory(ChangeWatch(path), size=_REMEMBERED),
            rendering_slots=Slots(os.cpu_count() or 1),
        )

    def close(self) -> None:
        """Close what is open of the root; the services can be used again."""
        self.memory.close()
        self.database.close()

    def now(self) -> str:
        """Return the time as rokka writes dates: in UTC, so that they compare as texts."""
        return _write_date(self.clock())

    def restorable_since(self) -> str:
        """Return since when an image must have been deleted to come back."""
        return _write_date(self.clock() - _RESTORABLE)

    def organization(self, name: str) -> StoredOrganization:
        """Return an organization, or answer 404."""
        found = self.organizations.find(name)
        if found is None:
            raise NotFound(f"The organization {name!r} does not exist.")
        return found

    def source_image(
        self, organization: str, hash: str, *, with_deleted: bool = False
    ) -> StoredImage:
        """Return an image by its hash or short hash, or answer 404."""
        found = self.source_images.find(
            organization,
            hash,
            with_deleted=with_deleted,
            deleted_since=self.restorable_since(),
        )
        if found is None:
            raise no_source_image(organization, hash)
        return found


def no_source_image(organization: str, hash: str) -> NotFound:
    """Return the refusal that clients know by its words."""
    return NotFound(f"No source image found with the hash {hash!r} in {organization!r}.")


def _write_date(date: datetime) -> str:
    return date.astimezone(timezone.utc).isoformat(timespec="seconds")
