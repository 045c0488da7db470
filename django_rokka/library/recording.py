"""Rows of the mirror, written so that any number of processes may do it at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import OperationalError, connections, router, transaction
from django.db.models import CharField, Q
from django.utils import timezone

from django_rokka import client, models
from django_rokka.conf import as_stored
from django_rokka.storage import RokkaStorage

__all__ = ["get_database", "get_rows", "locked", "record", "repeated", "write_rows"]

Write = TypeVar("Write", bound=Callable[..., Any])

MIRRORED = (
    "binary_hash",
    "name",
    "format",
    "size",
    "width",
    "height",
    "created",
    "user_metadata",
    "dynamic_metadata",
    "search_text",
    "locked",
    "protected",
    "deleted_at",
)
"""Columns that say what rokka says; the others are ours."""

_KEY = ("organization", "hash")

_TRIES = 10
_DEADLOCK = 1213
"""The number by which MySQL and MariaDB say that a transaction has to be repeated."""


def record(storage: RokkaStorage, image: client.SourceImage, *, is_wanted: bool = False) -> None:
    """Write down what rokka says of an image: insert its row, or bring it up to date.

    What is ours in the row stays: its placeholder, and when it was released, scanned and synced.
    Where it ``is_wanted``, since somebody is about to refer to it, or where it was deleted or
    restored meanwhile, its grace period begins anew.
    """
    write_rows([image], organization=storage.config.organization, is_wanted=is_wanted)


def get_database() -> str:
    """Return the alias of the database that has the mirror."""
    return router.db_for_write(models.SourceImage)


def get_rows(organization: str) -> models.SourceImageQuerySet:
    """Return all rows of an organization, to be read and written in one place."""
    rows = models.SourceImage.objects.using(get_database())
    its: models.SourceImageQuerySet = rows.filter(organization=organization)
    return its


@contextmanager
def locked(organization: str, hashes: Collection[str]) -> Iterator[models.SourceImageQuerySet]:
    """Lend the rows of some images, to be changed at once.

    They are locked in the order of their hashes, as everywhere: no two wait for one another.
    """
    rows = get_rows(organization).filter(hash__in=hashes)
    # SQLite has one writer at a time, and may refuse a transaction to become it after reading.
    if len(hashes) < 2 or not connections[rows.db].features.has_select_for_update:
        yield rows
        return
    with transaction.atomic(using=rows.db):
        list(rows.order_by("hash").select_for_update().values_list("pk"))
        yield rows


def repeated(write: Write) -> Write:
    """Decorate what writes several rows, so that MySQL and MariaDB may have it repeated.

    They lock the gaps of indexes as well, which no order of rows can prevent. Inside of a
    transaction it is not repeated: that one has come to nothing as a whole.
    """

    @wraps(write)
    def written(*arguments: Any, **options: Any) -> Any:
        for _ in range(_TRIES - 1):
            try:
                return write(*arguments, **options)
            except OperationalError as error:  # noqa: PERF203  # beside a write it costs nothing
                is_inside = connections[get_database()].in_atomic_block
                if is_inside or error.args[:1] != (_DEADLOCK,):
                    raise
        return write(*arguments, **options)

    return cast("Write", written)


@repeated
def write_rows(
    images: Iterable[client.SourceImage],
    *,
    organization: str,
    synced_at: datetime | None = None,
    is_wanted: bool = False,
) -> None:
    """Insert or update the rows of images, in the order of their hashes: no two wait for another.

    With ``synced_at``, note when rokka listed them.
    """
    own: dict[str, datetime | None] = {} if synced_at is None else {"synced_at": synced_at}
    by_hash = {image.hash: image for image in images}
    if is_wanted:
        own |= {"released_at": None, "scanned_at": timezone.now()}
    else:
        _note_turns(by_hash.values(), organization=organization)
    rows = [_make_row(image, organization, own) for _, image in sorted(by_hash.items())]
    features = connections[get_database()].features
    models.SourceImage.objects.using(get_database()).bulk_create(
        rows,
        update_conflicts=True,
        update_fields=(*MIRRORED, *own),
        # MySQL and MariaDB take any unique key, and no names of columns.
        unique_fields=_KEY if features.supports_update_conflicts_with_target else None,
    )


def _note_turns(images: Collection[client.SourceImage], *, organization: str) -> None:
    """Begin the grace period anew of rows that are about to be deleted, or to be so no more.

    Whoever deletes or restores an image by hand has had it in mind since it was released.
    """
    alive = {image.hash for image in images if not image.is_deleted}
    deleted = {image.hash for image in images} - alive
    is_back = Q(hash__in=alive, deleted_at__isnull=False)
    is_gone = Q(hash__in=deleted, deleted_at=None)
    turned = get_rows(organization).filter(is_back | is_gone)
    hashes = list(turned.values_list("hash", flat=True))
    if not hashes:
        return
    with locked(organization, hashes) as rows:
        # As if referred to just now: a scan that is on its way leaves it alone.
        rows.filter(is_back).update(released_at=None, scanned_at=timezone.now())
        rows.filter(is_gone).update(released_at=None, scanned_at=None)


def _make_row(
    image: client.SourceImage, organization: str, own: Mapping[str, Any]
) -> models.SourceImage:
    deleted_at = as_stored(image.deleted_date or timezone.now()) if image.is_deleted else None
    return models.SourceImage(
        organization=organization,
        hash=image.hash,
        binary_hash=image.binary_hash,
        name=_fit(image.name, "name"),
        format=_fit(image.format, "format"),
        size=image.size,
        width=image.width,
        height=image.height,
        created=as_stored(image.created),
        user_metadata=_clean(image.user_metadata),
        dynamic_metadata=_clean(image.dynamic_metadata),
        locked=image.is_locked,
        protected=image.is_protected,
        deleted_at=deleted_at,
        **own,
    )


def _fit(text: str, column: str) -> str:
    """Cut a text to what its column takes: the mirror is to be complete, names need not be."""
    field = cast("CharField[str, str]", models.SourceImage._meta.get_field(column))
    cut: str = _clean(text)[: field.max_length]
    return cut


def _clean(value: Any) -> Any:
    """Take out what is JSON and yet no database keeps: PostgreSQL has no NUL and no NaN."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {_clean(name): _clean(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
