"""Aliases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django_rokka.client.objects.reading import read_optional_date, read_text

__all__ = ["Alias"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name for an image, which can be pointed at another one."""

    name: str
    hash: str
    organization: str
    created: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Alias:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            name=read_text(data, "alias"),
            hash=read_text(data, "hash"),
            organization=read_text(data, "organization"),
            created=read_optional_date(data, "created"),
            raw=data,
        )
