"""Images put into an emulator's store by themselves: there are no files, which no list needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from hashlib import sha1
from pathlib import Path
from typing import Any

from django_rokka.emulator.store import Database, StoredImage
from django_rokka.emulator.store.image_rows import insert_row

FIRST = datetime(2026, 1, 1, tzinfo=timezone.utc)


def fill(root: Path, images: Iterable[StoredImage]) -> None:
    """Store images in one transaction."""
    database = Database(root / "rokka.sqlite3")
    with database.transaction() as connection:
        for image in images:
            insert_row(connection, image)
    database.close()


def make_stored(number: int, *, per_second: int = 1, **values: Any) -> StoredImage:
    """Return an image; some are made in each second."""
    name = f"lake-{number}.jpg"
    return StoredImage(
        **{
            "organization": "demo",
            "hash": hash_of(number),
            "binary_hash": sha1(f"file {number}".encode(), usedforsecurity=False).hexdigest(),
            "created": (FIRST + timedelta(seconds=number // per_second)).isoformat(),
            "name": name,
            "mimetype": "image/jpeg",
            "format": "jpg",
            "size": 1000 + number,
            "width": 1600,
            "height": 900,
            "opaque": True,
            "animated": False,
            "protected": False,
            "user_metadata": {"text:about": f"Number {number}", "array:labels": ["lake", "snow"]},
            "dynamic_metadata": {},
            **values,
        }
    )


def hash_of(number: int) -> str:
    return sha1(f"image {number}".encode(), usedforsecurity=False).hexdigest()
