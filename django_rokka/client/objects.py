"""What rokka sends, as immutable objects (API.md 4).

``raw`` keeps the whole answer, with members that are not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Alias", "SourceImage", "Stack"]


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
            hash=_text(data, "hash"),
            short_hash=_text(data, "short_hash"),
            binary_hash=_text(data, "binary_hash"),
            created=_date(_text(data, "created")),
            name=_text(data, "name"),
            mimetype=_text(data, "mimetype"),
            format=_text(data, "format"),
            size=int(data["size"]),
            width=int(data.get("width") or 0) or None,
            height=int(data.get("height") or 0) or None,
            organization=data.get("organization") or "",
            link=data.get("link") or "",
            user_metadata=_mapping(data, "user_metadata"),
            dynamic_metadata=_mapping(data, "dynamic_metadata"),
            static_metadata=_mapping(data, "static_metadata"),
            entropy=data.get("entropy"),
            is_opaque=data.get("opaque"),
            is_animated=data.get("animated"),
            is_protected=bool(data.get("protected")),
            is_locked=bool(data.get("locked")),
            is_deleted=bool(data.get("deleted")),
            deleted_date=_optional_date(data, "deleted_date"),
            raw=data,
        )


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
            name=_text(data, "alias"),
            hash=_text(data, "hash"),
            organization=_text(data, "organization"),
            created=_optional_date(data, "created"),
            raw=data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A named way to render images."""

    name: str
    organization: str
    created: datetime | None = None
    link: str = ""
    description: str = ""
    operations: Sequence[Mapping[str, Any]] = field(default=(), hash=False)
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    expressions: Sequence[Mapping[str, Any]] = field(default=(), hash=False)
    variables: Mapping[str, Any] = field(default_factory=dict, hash=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Stack:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            name=_text(data, "name"),
            organization=_text(data, "organization"),
            created=_optional_date(data, "created"),
            link=data.get("link") or "",
            description=data.get("description") or "",
            operations=tuple(data.get("stack_operations") or ()),
            options=_mapping(data, "stack_options"),
            expressions=tuple(data.get("stack_expressions") or ()),
            variables=_mapping(data, "stack_variables"),
            raw=data,
        )


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}, which is no text")
    return value


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name) or {}  # an empty PHP array is written as []
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is {value!r}, which is no object")
    return value


def _optional_date(data: Mapping[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    return _date(value) if isinstance(value, str) and value else None


def _date(text: str) -> datetime:
    """Read ISO 8601 with a zone, ``+00:00``, ``+0000`` or ``Z``."""
    with_colon = re.sub(r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2", text.replace("Z", "+00:00"))
    date = datetime.fromisoformat(with_colon)
    if date.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return date
