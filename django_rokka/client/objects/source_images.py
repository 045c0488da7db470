"""Source images, and what became of copied ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django_rokka.client.objects.reading import (
    read_date,
    read_mapping,
    read_optional_date,
    read_text,
    read_texts,
)

__all__ = ["CopiedImages", "SourceImage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceImage:
    """An image that rokka holds.

    ``size`` is in bytes, ``width`` and ``height`` are in pixels, ``None`` where rokka measures
    nothing. ``format`` comes from the content, whatever the extension of ``name``. Flags are
    ``None`` where rokka does not say.
    """

    hash: str
    short_hash: str
    binary_hash: str
    created: datetime
    name: str
    mimetype: str
    format: str
    size: int
    width: int | None = None
    height: int | None = None
    organization: str = ""
    link: str = ""
    user_metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    dynamic_metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    static_metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    entropy: float | None = None
    is_opaque: bool | None = None
    is_animated: bool | None = None
    is_protected: bool = False
    is_locked: bool = False
    is_deleted: bool = False
    deleted_date: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SourceImage:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            hash=read_text(data, "hash"),
            short_hash=read_text(data, "short_hash"),
            binary_hash=read_text(data, "binary_hash"),
            created=read_date(read_text(data, "created")),
            name=read_text(data, "name"),
            mimetype=read_text(data, "mimetype"),
            format=read_text(data, "format"),
            size=int(data["size"]),
            width=int(data.get("width") or 0) or None,
            height=int(data.get("height") or 0) or None,
            organization=data.get("organization") or "",
            link=data.get("link") or "",
            user_metadata=read_mapping(data, "user_metadata"),
            dynamic_metadata=read_mapping(data, "dynamic_metadata"),
            static_metadata=read_mapping(data, "static_metadata"),
            entropy=data.get("entropy"),
            is_opaque=data.get("opaque"),
            is_animated=data.get("animated"),
            is_protected=bool(data.get("protected")),
            is_locked=bool(data.get("locked")),
            is_deleted=bool(data.get("deleted")),
            deleted_date=read_optional_date(data, "deleted_date"),
            raw=data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedImages:
    """The hashes of a copy of many, by what became of each."""

    created: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CopiedImages:
        """Read rokka's form; raise ``TypeError`` where it is another one."""
        return cls(
            created=read_texts(data, "created"),
            existing=read_texts(data, "existing"),
            not_found=read_texts(data, "notfound"),
            raw=data,
        )
