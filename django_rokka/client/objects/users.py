"""Users, their API keys and tokens."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from django_rokka.client.objects.reading import (
    read_optional_date,
    read_secret,
    read_sequence,
    read_text,
    read_texts,
)
from django_rokka.client.secrets import NO_SECRET, Secret, hide_secrets, is_key

__all__ = ["ApiKey", "Token", "User"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of a user. ``api_key`` is there when it was made, and only then."""

    id: str
    comment: str = ""
    created: datetime | None = None
    accessed: datetime | None = None
    expires: datetime | None = None
    allowed_ips: tuple[str, ...] = ()
    requires_mfa: bool | None = None
    is_trusted: bool | None = None
    api_key: Secret = NO_SECRET
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ApiKey:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            id=read_text(data, "id"),
            comment=data.get("comment") or "",
            created=read_optional_date(data, "created"),
            accessed=read_optional_date(data, "accessed"),
            expires=read_optional_date(data, "expires"),
            allowed_ips=read_texts(data, "allowed_ips"),
            requires_mfa=data.get("requires_mfa"),
            is_trusted=data.get("trusted"),
            api_key=read_secret(data, "api_key"),
            raw=hide_secrets(data),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user. ``api_key`` is there at sign-up only, ``api_keys`` not for users who only read."""

    id: str
    email: str = ""
    api_keys: tuple[ApiKey, ...] = ()
    api_key: Secret = NO_SECRET
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> User:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            id=read_text(data, "user_id" if "user_id" in data else "id"),
            email=data.get("email") or "",
            api_keys=tuple(ApiKey.from_json(key) for key in read_sequence(data, "api_keys")),
            api_key=read_secret(data, "api_key"),
            raw=hide_secrets(data),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A JSON web token that opens the API until it ``expires``.

    ``period`` is its validity in seconds from the beginning. ``ips`` are the addresses it may
    come from, none for all. ``is_mfa`` tells that a second factor was given for it.
    """

    token: Secret
    id: str
    expires: datetime
    period: int = 0
    ips: tuple[str, ...] = ()
    is_renewable: bool = False
    is_mfa: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Token:
        """Read a token without verifying it; raise ``ValueError`` for what is none."""
        text = Secret(text)  # error pages show the variables of each frame
        if not is_key(text):
            raise ValueError("The text is no JSON web token of rokka.")
        try:
            payload = text.split(".")[1]
            claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            return cls(
                token=text,
                id=str(claims.get("id") or ""),
                expires=datetime.fromtimestamp(int(claims["exp"]), timezone.utc),
                period=int(claims.get("expt") or 0),
                ips=read_texts(claims, "ips"),
                is_renewable=bool(claims.get("rn")),
                is_mfa=bool(claims.get("mfa")),
                raw=claims,
            )
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            OSError,
            TypeError,
            ValueError,
        ) as error:
            raise ValueError("The text is no JSON web token of rokka.") from error
