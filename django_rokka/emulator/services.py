"""What every endpoint works with."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from werkzeug.exceptions import NotFound

from django_rokka.emulator.files import BinaryFiles
from django_rokka.emulator.store import (
    Aliases,
    Database,
    Invalidations,
    Organizations,
    SourceImages,
    Stacks,
    StoredImage,
    StoredOrganization,
)

__all__ = ["Services", "utc_now"]


def utc_now() -> datetime:
    """Return the time; the emulator's default clock."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """State of one root, the clock, and the key that opens the API."""

    root: Path
    database: Database
    files: BinaryFiles
    source_images: SourceImages
    aliases: Aliases
    stacks: Stacks
    organizations: Organizations
    invalidations: Invalidations
    clock: Callable[[], datetime]
    api_key: str = field(repr=False)
    rendering_slots: threading.BoundedSemaphore
    """As many renders at once as there are processors: each holds pixels in memory."""

    @classmethod
    def open(cls, root: Path, *, api_key: str, clock: Callable[[], datetime]) -> Services:
        """Open a root, which is made where there is none."""
        root.mkdir(parents=True, exist_ok=True)
        database = Database(root / "rokka.sqlite3")
        return cls(
            root=root,
            database=database,
            files=BinaryFiles(root),
            source_images=SourceImages(database),
            aliases=Aliases(database),
            stacks=Stacks(database),
            organizations=Organizations(database),
            invalidations=Invalidations(database),
            clock=clock,
            api_key=api_key,
            rendering_slots=threading.BoundedSemaphore(os.cpu_count() or 1),
        )

    def now(self) -> str:
        """Return the time as rokka writes dates."""
        return self.clock().isoformat(timespec="seconds")

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
        found = self.source_images.find(organization, hash, with_deleted=with_deleted)
        if found is None:
            raise NotFound(f"No source image found with the hash {hash!r} in {organization!r}.")
        return found
