"""The mirror of what rokka holds: written after commit, and by walks through an organization."""

from __future__ import annotations

from django_rokka.library.keeping import is_fresh, keep, release
from django_rokka.library.recording import record
from django_rokka.library.syncing import SyncReport, sync

__all__ = ["SyncReport", "is_fresh", "keep", "record", "release", "sync"]
