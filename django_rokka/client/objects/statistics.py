"""What an organization stores and delivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django_rokka.client.objects.reading import read_date, read_sequence, read_text

__all__ = ["Statistics", "StatisticsPoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsPoint:
    """A value of one day; ``unit`` is empty for what is counted."""

    timestamp: datetime
    value: float
    unit: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StatisticsPoint:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            timestamp=read_date(read_text(data, "timestamp")),
            value=float(data["value"]),
            unit=data.get("unit") or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Values by day, newest first; days may be missing."""

    space_in_bytes: tuple[StatisticsPoint, ...] = ()
    number_of_files: tuple[StatisticsPoint, ...] = ()
    bytes_downloaded: tuple[StatisticsPoint, ...] = ()
    bytes_downloaded_external: tuple[StatisticsPoint, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Statistics:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""

        def read(name: str) -> tuple[StatisticsPoint, ...]:
            return tuple(StatisticsPoint.from_json(item) for item in read_sequence(data, name))

        return cls(
            space_in_bytes=read("space_in_bytes"),
            number_of_files=read("number_of_files"),
            bytes_downloaded=read("bytes_downloaded"),
            bytes_downloaded_external=read("bytes_downloaded_external"),
            raw=data,
        )
