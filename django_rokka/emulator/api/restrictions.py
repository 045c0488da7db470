"""What restricts an API key: where, until when, and for what it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.access.ip_addresses import read_addresses

__all__ = ["read_comment", "read_new_restrictions", "read_restrictions"]

_NAMES = frozenset({"comment", "requires_mfa", "trusted", "allowed_ips", "expires"})


def read_comment(data: Mapping[str, Any], default: str | None = None) -> str | None:
    """Return the comment of a key or a membership, or answer 400."""
    comment = data.get("comment", default)
    if comment is not None and not isinstance(comment, str):
        raise BadRequest(f"comment is {str(comment)[:100]!r}, must be a text.")
    return comment


def read_new_restrictions(data: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return the restrictions of a key that is made, or answer 400."""
    for name in ("allowed_ips", "expires"):
        if name in data and data[name] is None:
            raise BadRequest(f"{name} is null, which a new API key does not need. Leave it out.")
    restrictions = read_restrictions(data)
    expires = restrictions.get("expires")
    if expires and datetime.fromisoformat(expires) <= now:
        raise BadRequest(f"expires is {expires!r}, which is over. Name a date that is to come.")
    return restrictions


def read_restrictions(
    data: Mapping[str, Any], known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Merge the restrictions of a request into the known ones; ``None`` takes one away."""
    unknown = sorted(set(data) - _NAMES)
    if unknown:
        names = ", ".join(sorted(_NAMES))
        raise BadRequest(f"Unknown setting {unknown[0]!r} of an API key, must be one of: {names}.")
    merged = dict(known or {})
    for name in sorted(_NAMES - {"comment"}):
        if name in data:
            value = _read(name, data[name])
            merged.pop(name, None)
            if value:
                merged[name] = value
    return merged


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "allowed_ips":
        return read_addresses(name, value)
    if name == "expires":
        return _read_date(name, value)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} is {str(value)[:100]!r}, must be true or false.")
    return value


def _read_date(name: str, value: Any) -> str:
    try:
        date = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as error:
        raise BadRequest(
            f"{name} is {str(value)[:100]!r}, must be a date like 2030-01-31T12:00:00+00:00."
        ) from error
    return date.replace(tzinfo=date.tzinfo or timezone.utc).isoformat(timespec="seconds")
