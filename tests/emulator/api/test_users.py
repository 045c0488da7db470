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


def test_memberships__are_not_for_keys_that_everybody_may_know(rokka: Rokka) -> None:
    headers = make_member(rokka, "read").headers
    assert rokka.api("GET", "/user/memberships", headers=headers).status_code == 403
    trusted = make_member(rokka, "read", trusted=True).headers
    assert rokka.api("GET", "/user/memberships", headers=trusted).json()["total"] == 1


def test_admin__sees_members_and_their_keys(rokka: Rokka) -> None:
    rokka.api("PUT", "/organizations/acme", json={"billing_email": "a@example.com"})
    auditor = make_member(rokka, "admin:read")
    member = make_member(rokka, "read", trusted=True, comment="deploy")
    answer = rokka.api("GET", "/user/admin/apikeys", headers=auditor.headers).json()
    found = {item["user_id"]: item for item in answer["items"]}
    assert (answer["total"], answer["truncated"], len(found)) == (3, False, 3)
    item = found[member.id]
    assert (item["organization"], item["roles"]) == ("demo", ["read"])
    (key,) = item["api_keys"]
    assert (key["comment"], key["trusted"]) == ("deploy", True)
    assert "api_key" not in key
    assert {item["organization"] for item in answer["items"]} == {"demo"}


@pytest.mark.parametrize(("role", "status", "total"), [("read", 403, None), ("write", 200, 0)])
def test_admin__sees_nothing_without_the_role(
    rokka: Rokka, role: str, status: int, total: int | None
) -> None:
    headers = make_member(rokka, role).headers
    answer = rokka.api("GET", "/user/admin/apikeys", headers=headers)
    assert (answer.status_code, answer.json().get("total")) == (status, total)


def test_admin__sees_fifty_organizations_at_once(rokka: Rokka) -> None:
    for number in range(50):
        body = {"billing_email": "a@example.com"}
        rokka.api("PUT", f"/organizations/acme-{number}", json=body)
    answer = rokka.api("GET", "/user/admin/apikeys").json()
    assert (answer["total"], answer["truncated"]) == (50, True)


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("https://evil.example", None, 403),
        ("null", None, 403),
        ("{own}", None, 200),
        # A name that its owner lets point to this machine.
        ("http://evil.example", "evil.example", 403),
    ],
)
def test_sign_up__is_not_for_the_pages_of_other_sites(
    rokka: Rokka, origin: str, host: str | None, status: int
) -> None:
    headers = {**NOBODY, "Origin": origin.format(own=rokka.server.api_host)}
    if host is not None:
        headers["Host"] = host
    body = {"email": "ada@example.com", "organization": "acme"}
    answer = rokka.api("POST", "/users", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert "Signing up is not for pages of" in answer.json()["error"]["message"]
