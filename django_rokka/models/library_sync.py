"""How far the mirror of an organization has come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

__all__ = ["LibrarySync", "LibrarySyncQuerySet"]

_LONGEST = timedelta(days=1)
"""How old a walk may be to go on with it: what it has seen at first has changed since."""


class LibrarySyncQuerySet(models.QuerySet["LibrarySync"]):
    """Walks, which several processes may be on at once; each write is one statement."""

    def begin(self, organization: str, *, now: datetime) -> LibrarySync:
        """Return the walk that was cut off, or that another process is on, or a new one."""
        walk, _is_new = self.get_or_create(organization=organization, defaults={"started": now})
        if walk.finished is None and walk.started > now - _LONGEST:
            return walk
        # Compare and set: of two that begin at once, the second goes with the first.
        same = self.filter(pk=walk.pk, started=walk.started, finished=walk.finished)
        same.update(started=now, position=None, finished=None)
        return self.get(pk=walk.pk)

    def advance(self, walk: LibrarySync, position: datetime) -> None:
        """Note that all images created until then have been seen; it only goes forward."""
        same = self.filter(pk=walk.pk, started=walk.started)
        same.filter(Q(position=None) | Q(position__lt=position)).update(position=position)

    def finish(self, walk: LibrarySync, *, now: datetime) -> None:
        """Note that a walk came to its end, unless another one has begun since."""
        self.filter(pk=walk.pk, started=walk.started).update(finished=now)

    def get_columns(self, organization: str) -> list[str]:
        """Return the columns that scans have read."""
        rows = self.filter(organization=organization).values_list("columns", flat=True)
        return list(rows.first() or ())

    def note_columns(self, organization: str, columns: Iterable[str], *, now: datetime) -> None:
        """Write down the columns that scans have read."""
        self.get_or_create(organization=organization, defaults={"started": now})
        self.filter(organization=organization).update(columns=sorted(set(columns)))


class LibrarySync(models.Model):
    """The last walk through an organization, so that one that was cut off goes on.

    All images created until ``position`` have been seen since ``started``. ``columns`` are those
    that the collector has scanned, by name.
    """

    organization = models.CharField(_("organization"), max_length=100, unique=True)
    started = models.DateTimeField(_("started"))
    position = models.DateTimeField(_("position"), null=True)
    finished = models.DateTimeField(_("finished"), null=True)
    columns = models.JSONField(_("columns"), default=list)

    objects = LibrarySyncQuerySet.as_manager()

    class Meta:
        verbose_name = _("library sync")
        verbose_name_plural = _("library syncs")

    def __str__(self) -> str:
        return self.organization
