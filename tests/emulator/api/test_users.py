from __future__ import annotations

import pytest

from tests.emulator.api.members import NOBODY, make_member
from tests.emulator.conftest import Rokka


def test_sign_up__makes_a_user_a_key_and_an_organization(rokka: Rokka) -> None:
    body = {"email": "ada@example.com", "organization": "acme"}
    answer = rokka.api("POST", "/users", json=body, headers=NOBODY)
    user = answer.json()
    assert answer.status_code == 200
    assert set(user) == {"id", "email", "api_key"}
    assert user["email"] == "ada@example.com"
    headers = {"Api-Key": user["api_key"]}
    organization = rokka.api("GET", "/organizations/acme", headers=headers).json()
    assert organization["billing_email"] == "ada@example.com"
    assert len(organization["signing_keys"]) == 1
    assert rokka.api("GET", "/organizations/demo", headers=headers).status_code == 403


def test_sign_up__without_an_organization_opens_none(rokka: Rokka) -> None:
    body = {"email": "ada@example.com", "organization": None}
    user = rokka.api("POST", "/users", json=body, headers=NOBODY).json()
    headers = {"Api-Key": user["api_key"]}
    answer = rokka.api("GET", "/user/memberships", headers=headers)
    assert answer.json() == {"total": 0, "items": []}
    assert rokka.api("GET", "/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"email": "nobody"}, 400),
        ({"email": "b@example.com", "organization": "No_Org"}, 400),
        ({"email": "b@example.com", "organization": "demo"}, 409),
        ({"email": "ada@example.com"}, 409),
    ],
)
def test_sign_up__refuses(rokka: Rokka, body: object, status: int) -> None:
    rokka.api("POST", "/users", json={"email": "ada@example.com"})
    assert rokka.api("POST", "/users", json=body).status_code == status


def test_read__says_who_one_is(rokka: Rokka) -> None:
    member = make_member(rokka, "write")
    user = rokka.api("GET", "/user", headers=member.headers).json()
    assert user["user_id"] == member.id
    assert [key["created"] for key in user["api_keys"]] == ["2026-03-01T12:00:00+00:00"]
    assert "api_key" not in user["api_keys"][0]


@pytest.mark.parametrize("role", ["read", "upload", "sourceimages:read"])
def test_read__tells_read_only_users_their_id_alone(rokka: Rokka, role: str) -> None:
    member = make_member(rokka, "write", role)
    assert rokka.api("GET", "/user", headers=member.headers).json() == {"user_id": member.id}


def test_memberships__show_what_a_key_opens(rokka: Rokka) -> None:
    rokka.api("PUT", "/organizations/acme", json={"billing_email": "a@example.com"})
    member = make_member(rokka, "write")
    mine = rokka.api("GET", "/user/memberships", headers=member.headers).json()
    assert mine == {
        "total": 1,
        "items": [
            {
                "organization": "demo",
                "organization_id": rokka.api("GET", "/organizations/demo").json()["id"],
                "display_name": "demo",
                "roles": ["write"],
                "active": True,
                "created": "2026-03-01T12:00:00+00:00",
                "last_access": "2026-03-01T12:00:00+00:00",
            }
        ],
    }
    body = {"email": "ada@example.com", "organization": "theirs"}
    rokka.api("POST", "/users", json=body)
    roots = rokka.api("GET", "/user/memberships").json()
    assert [(item["organization"], item["roles"]) for item in roots["items"]] == [
        ("acme", ["admin"]),
        ("demo", ["admin"]),
        ("theirs", ["admin"]),
    ]


@pytest.mark.parametrize("path", ["/user/admin/apikeys", "/user/mfa/totp"])
def test_user__names_what_is_missing(rokka: Rokka, path: str) -> None:
    assert rokka.api("GET", path).status_code == 501
