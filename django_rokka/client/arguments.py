"""What callers give, as rokka takes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from django_rokka.exceptions import InvalidName

__all__ = ["NEVER", "Expiry", "as_list", "check_cursor", "check_id", "write_key_settings"]

_ID = re.compile(r"[A-Za-z0-9_-]+")

NEVER: Literal["never"] = "never"
"""The expiry of a key that does not end."""

Expiry = datetime | Literal["never"]
"""When a key ends: an aware datetime, or never."""


def check_cursor(offset: int | str | None) -> None:
    """Raise ``ValueError`` for the cursor of a last page, which would lead to the first one."""
    if offset == "":
        raise ValueError(
            "The offset '' is the cursor of a last page: there is no page after it. Leave the"
            " offset out to begin at the first one."
        )


def check_id(text: str, *, owner: str, literals: frozenset[str] = frozenset()) -> None:
    """Raise ``InvalidName`` for what is no id; ``literals`` are other endpoints in its place."""
    if not _ID.fullmatch(text) or text in literals:
        raise InvalidName(
            f"{text[:200]!r} is no id of {owner}: use the id that rokka gave it, of letters,"
            " digits, '_' and '-'."
        )


def as_list(texts: str | Iterable[str]) -> list[str]:
    """Return texts as a list; one text is a list of one, not of its letters."""
    return [texts] if isinstance(texts, str) else list(texts)


def write_key_settings(
    *,
    comment: str | None,
    requires_mfa: bool | None,
    is_trusted: bool | None,
    allowed_ips: str | Iterable[str] | None,
    expires: Expiry | None,
) -> dict[str, Any]:
    """Return the settings of an API key as rokka names them, without those that are ``None``."""
    settings: dict[str, Any] = {
        "comment": comment,
        "requires_mfa": requires_mfa,
        "trusted": is_trusted,
        "allowed_ips": None if allowed_ips is None else as_list(allowed_ips),
    }
    given = {name: value for name, value in settings.items() if value is not None}
    if expires == NEVER:
        given["expires"] = None
    elif expires is not None:
        given["expires"] = _write_date(expires)
    return given


def _write_date(date: datetime) -> str:
    if not isinstance(date, datetime):
        raise TypeError(f"expires is {date!r}: give an aware datetime, or {NEVER!r}.")
    if date.tzinfo is None:
        raise ValueError(f"expires is {date}, which has no time zone: give an aware datetime.")
    return date.isoformat(timespec="seconds")
