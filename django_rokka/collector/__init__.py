"""The collector: it finds what nothing refers to, and deletes it when it is asked to."""

from __future__ import annotations

from django_rokka.collector.collecting import collect
from django_rokka.collector.report import Collection, Failure, MissingImage

__all__ = ["Collection", "Failure", "MissingImage", "collect"]
