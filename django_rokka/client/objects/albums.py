"""Images of an album."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django_rokka.client.objects.reading import read_text

__all__ = ["AlbumImage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumImage:
    """What the render host tells of an image in an album, without credentials."""

    hash: str
    name: str = ""
    mimetype: str = ""
    format: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AlbumImage:
        """Read rokka's form; raise ``LookupError`` or ``TypeError``."""
        return cls(
            hash=read_text(data, "hash"),
            name=data.get("name") or "",
            mimetype=data.get("mimetype") or "",
            format=data.get("format") or "",
            raw=data,
        )
