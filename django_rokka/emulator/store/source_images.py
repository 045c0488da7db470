"""Rows of source images."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from django_rokka.emulator.errors import LockedImage
from django_rokka.emulator.files.metadata import merge_user_metadata
from django_rokka.emulator.store.database import Database
from django_rokka.emulator.store.image_rows import (
    StoredImage,
    find_row,
    image_hash,
    insert_row,
    read_row,
    update_row,
)

__all__ = ["Derived", "SourceImages"]


class Derived(NamedTuple):
    """What became of a change of dynamic metadata or protection."""

    image: StoredImage
    is_changed: bool


class SourceImages:
    """The source images of all organizations.

    Methods that take a hash take a short one too, and return ``None`` or ``False`` when there is no
    such image. What must not happen to a locked image raises ``LockedImage``.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, image: StoredImage) -> StoredImage:
        """Store an image, or find it: what is stored keeps its name, and comes back if deleted.

        User metadata that the new upload brings is merged into what there is.
        """
        with self._database.transaction() as connection:
            known = find_row(connection, image.organization, image.hash, with_deleted=True)
            if known is None:
                metadata = merge_user_metadata({}, image.user_metadata)
                insert_row(connection, replace(image, user_metadata=metadata))
            else:
                metadata = merge_user_metadata(known.user_metadata, image.user_metadata)
                if known.locked and metadata != known.user_metadata:
                    raise LockedImage(known.hash)
                update_row(
                    connection,
                    known,
                    user_metadata=metadata,
                    locked=known.locked or image.locked,
                    deleted=None,
                )
            return _reread(connection, image)

    def find(
        self, organization: str, hash: str, *, with_deleted: bool = False, deleted_since: str = ""
    ) -> StoredImage | None:
        """Return the image with this hash or short hash."""
        with self._database.connection() as connection:
            return find_row(
                connection,
                organization,
                hash,
                with_deleted=with_deleted,
                deleted_since=deleted_since,
            )

    def mark_deleted(self, organization: str, hash: str, *, date: str) -> bool:
        """Delete softly; say whether there was such an image."""
        with self._database.transaction() as connection:
            image = find_row(connection, organization, hash)
            if image is None:
                return False
            _mark_deleted(connection, image, date=date)
            return True

    def mark_binary_deleted(self, organization: str, binary_hash: str, *, date: str) -> bool:
        """Delete all images of a binary, or none when one is locked."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM source_image"
                " WHERE organization = ? AND binary_hash = ? AND +deleted IS NULL",
                (organization, binary_hash),
            ).fetchall()
            for row in rows:
                _mark_deleted(connection, read_row(row), date=date)
            return bool(rows)

    def restore(self, organization: str, hash: str, *, deleted_since: str) -> StoredImage | None:
        """Bring an image back that was deleted since a date; one that is there stays."""
        with self._database.transaction() as connection:
            image = find_row(
                connection, organization, hash, with_deleted=True, deleted_since=deleted_since
            )
            if image is None:
                return None
            update_row(connection, image, deleted=None)
            return _reread(connection, image)

    def change(self, organization: str, hash: str, **columns: Any) -> StoredImage | None:
        """Write columns on which the hash does not depend, user metadata excepted."""
        with self._database.transaction() as connection:
            image = find_row(connection, organization, hash)
            if image is None:
                return None
            update_row(connection, image, **columns)
            return _reread(connection, image)

    def change_user_metadata(
        self,
        organization: str,
        hash: str,
        change: Callable[[StoredImage], dict[str, Any]],
    ) -> StoredImage | None:
        """Write what a function makes of the image; no other change comes in between."""
        with self._database.transaction() as connection:
            image = find_row(connection, organization, hash)
            if image is None:
                return None
            if image.locked:
                raise LockedImage(image.hash)
            update_row(connection, image, user_metadata=change(image))
            return _reread(connection, image)

    def derive(
        self,
        organization: str,
        hash: str,
        change: Callable[[StoredImage], StoredImage],
        *,
        keeps_hash: bool = False,
        previous_deleted: str | None = None,
    ) -> Derived | None:
        """Change dynamic metadata or protection, which makes another image of the same binary.

        An image that has the new hash already is taken, with its own user metadata; one that was
        deleted comes back with those of the changed image. With
        ``keeps_hash`` the image itself changes instead. ``previous_deleted`` is the date at which
        the previous image is deleted; without it, it stays.
        """
        with self._database.transaction() as connection:
            image = find_row(connection, organization, hash)
            if image is None:
                return None
            wanted = change(image)
            if wanted == image:
                return Derived(image, False)
            if not keeps_hash:
                wanted = replace(wanted, hash=_hash_of(wanted))
            known = find_row(connection, organization, wanted.hash, with_deleted=True)
            if known is None:
                insert_row(connection, replace(wanted, locked=False))
            else:
                # Kept hashes may have led elsewhere in the meantime.
                names = ["dynamic_metadata", "protected"]
                if known.deleted:
                    names += ["created", "name", "user_metadata"]
                changes = {name: getattr(wanted, name) for name in names}
                update_row(connection, known, deleted=None, **changes)
            if previous_deleted is not None and wanted.hash != image.hash:
                _mark_deleted(connection, image, date=previous_deleted)
            return Derived(_reread(connection, wanted), True)

    def copy(self, image: StoredImage, organization: str, *, overwrite: bool) -> bool | None:
        """Copy an image to an organization; return whether it is new, ``None`` if it was there.

        What is there is replaced with ``overwrite`` only.
        """
        if organization == image.organization:
            # Written over itself, it would lose what changed since it was read.
            return False if overwrite else None
        with self._database.transaction() as connection:
            copied = replace(image, organization=organization, locked=False)
            known = find_row(connection, organization, image.hash, with_deleted=True)
            if known is None:
                insert_row(connection, copied)
                return True
            if not known.deleted and not overwrite:
                return None
            if known.locked and copied.user_metadata != known.user_metadata:
                raise LockedImage(known.hash)
            update_row(
                connection,
                known,
                created=copied.created,
                name=copied.name,
                user_metadata=copied.user_metadata,
                dynamic_metadata=copied.dynamic_metadata,
                deleted=None,
            )
            return bool(known.deleted)


def _hash_of(image: StoredImage) -> str:
    return image_hash(
        image.binary_hash,
        dynamic_metadata=image.dynamic_metadata,
        is_protected=image.protected,
    )


def _mark_deleted(connection: sqlite3.Connection, image: StoredImage, *, date: str) -> None:
    if image.locked:
        raise LockedImage(image.hash)
    update_row(connection, image, deleted=date)


def _reread(connection: sqlite3.Connection, image: StoredImage) -> StoredImage:
    stored = find_row(connection, image.organization, image.hash)
    if stored is None:
        raise LookupError(f"The image {image.hash} was written and is not there.")
    return stored
