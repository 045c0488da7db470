"""Organizations and memberships, read from JSON."""

from __future__ import annotations

from typing import Any

import pytest

from django_rokka.client import Membership, Organization, SubOrganization, UserMembership

SECRET = "NobodyMaySeeThis"

SIGNED: dict[str, Any] = {"id": "25158", "name": "acme", "signing_keys": [{"key": SECRET}]}
KEYED: dict[str, Any] = {"user_id": "5a1f", "roles": ["read"], "api_key": SECRET}


def test_organization__of_2017_has_limits() -> None:
    limit = {"space_in_bytes": 1000, "traffic_in_bytes": 2000}

    organization = Organization.from_json({"id": "25158", "name": "acme", "limit": limit})

    assert organization == Organization(id="25158", name="acme", limit=limit)


def test_organization__without_options_has_none() -> None:
    organization = Organization.from_json({"id": "25158", "name": "acme", "options": []})

    assert (organization.options, organization.signing_keys) == ({}, ())


def test_organization__masks_its_signing_keys() -> None:
    organization = Organization.from_json(SIGNED)

    assert organization.signing_keys == (SECRET,)
    assert organization.raw == SIGNED
    assert SECRET not in f"{organization!r} {organization.raw!r}"


def test_membership__masks_its_key() -> None:
    member = Membership.from_json(KEYED)

    assert (member.api_key, member.raw) == (SECRET, KEYED)
    assert SECRET not in f"{member!r} {member.raw!r}"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Organization, {"name": "acme"}),
        (SubOrganization, {"name": "acme"}),
        (Membership, {"email": "ada@example.org"}),
        (UserMembership, {"organization_id": "25158"}),
    ],
)
def test_object__without_its_name_or_id_is_refused(kind: Any, data: dict[str, Any]) -> None:
    with pytest.raises(LookupError):
        kind.from_json(data)
