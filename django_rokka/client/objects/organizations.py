"""Organizations and who belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django_rokka.client.objects.reading import (
    read_mapping,
    read_optional_date,
    read_secret,
    read_sequence,
    read_text,
    read_texts,
)
from django_rokka.client.secrets import NO_SECRET, Secret, hide_secrets

__all__ = ["Membership", "Organization", "SubOrganization", "UserMembership"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organization. ``signing_keys`` are shown to its administrators only."""

    id: str
    name: str
    display_name: str = ""
    billing_email: str = ""
    created: datetime | None = None
    master_organization: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    signing_keys: tuple[Secret, ...] = ()
    limit: Mapping[str, Any] = field(default_factory=dict, hash=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Organization:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            id=read_text(data, "id"),
            name=read_text(data, "name"),
            display_name=data.get("display_name") or "",
            billing_email=data.get("billing_email") or "",
            created=read_optional_date(data, "created"),
            master_organization=data.get("master_organization") or "",
            options=read_mapping(data, "options"),
            signing_keys=tuple(
                Secret(read_text(key, "key")) for key in read_sequence(data, "signing_keys")
            ),
            limit=read_mapping(data, "limit"),
            raw=hide_secrets(data),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubOrganization:
    """An organization that another one pays for."""

    id: str
    name: str
    display_name: str = ""
    billing_email: str = ""
    created: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SubOrganization:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            id=read_text(data, "id"),
            name=read_text(data, "name"),
            display_name=data.get("display_name") or "",
            billing_email=data.get("billing_email") or "",
            created=read_optional_date(data, "created"),
            raw=hide_secrets(data),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A user's roles in an organization. ``api_key`` is there when it was made, and only then."""

    user_id: str
    organization_id: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()
    is_active: bool = True
    comment: str = ""
    created: datetime | None = None
    last_access: datetime | None = None
    api_key: Secret = NO_SECRET
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Membership:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            user_id=read_text(data, "user_id"),
            organization_id=data.get("organization_id") or "",
            email=data.get("email") or "",
            roles=read_texts(data, "roles"),
            is_active=bool(data.get("active", True)),
            comment=data.get("comment") or "",
            created=read_optional_date(data, "created"),
            last_access=read_optional_date(data, "last_access"),
            api_key=read_secret(data, "api_key"),
            raw=hide_secrets(data),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMembership:
    """An organization that the current user belongs to, and the roles there."""

    organization: str
    organization_id: str = ""
    display_name: str = ""
    roles: tuple[str, ...] = ()
    is_active: bool = True
    created: datetime | None = None
    last_access: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UserMembership:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            organization=read_text(data, "organization"),
            organization_id=data.get("organization_id") or "",
            display_name=data.get("display_name") or "",
            roles=read_texts(data, "roles"),
            is_active=bool(data.get("active", True)),
            created=read_optional_date(data, "created"),
            last_access=read_optional_date(data, "last_access"),
            raw=hide_secrets(data),
        )
