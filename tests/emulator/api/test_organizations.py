from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.api.members import NOBODY, make_member
from tests.emulator.conftest import SIGNING_KEY, Rokka


def create(rokka: Rokka, name: str, **body: Any) -> dict[str, Any]:
    answer = rokka.api("PUT", f"/organizations/{name}", json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_read__shows_the_signing_keys(rokka: Rokka) -> None:
    organization = rokka.api("GET", "/organizations/demo").json()
    assert organization["name"] == organization["master_organization"] == "demo"
    assert organization["signing_keys"] == [{"key": SIGNING_KEY}]
    assert organization["options"] == {}


def test_create__makes_an_organization(rokka: Rokka) -> None:
    made = create(rokka, "acme", billing_email="a@example.com", display_name="Acme Ltd.")
    assert made == {
        "id": made["id"],
        "name": "acme",
        "display_name": "Acme Ltd.",
        "billing_email": "a@example.com",
        "created": "2026-03-01T12:00:00+00:00",
        "master_organization": "acme",
        "options": {},
        "signing_keys": made["signing_keys"],
    }
    assert rokka.api("GET", "/organizations/acme").json() == made
    assert rokka.api("GET", "/sourceimages/acme").json()["total"] == 0


def test_create__makes_the_caller_an_admin(rokka: Rokka) -> None:
    member = make_member(rokka, "read")
    body = {"billing_email": "a@example.com"}
    answer = rokka.api("PUT", "/organizations/acme", json=body, headers=member.headers)
    assert "signing_keys" in answer.json()
    members = rokka.api("GET", "/organizations/acme/memberships", headers=member.headers).json()
    assert [(it["user_id"], it["roles"]) for it in members["items"]] == [(member.id, ["admin"])]


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("demo", {"billing_email": "a@example.com"}, 409),
        ("acme", {}, 400),
        ("acme", {"billing_email": 3}, 400),
        ("acme", {"billing_email": "a@example.com", "master_organization": "nobody"}, 404),
        ("No_Org", {"billing_email": "a@example.com"}, 404),
    ],
)
def test_create__refuses(rokka: Rokka, name: str, body: object, status: int) -> None:
    assert rokka.api("PUT", f"/organizations/{name}", json=body).status_code == status


def test_sub_organizations__are_listed_below_their_master(rokka: Rokka) -> None:
    create(rokka, "other", billing_email="a@example.com")
    sub = create(
        rokka, "sub", billing_email="b@example.com", display_name="Sub", master_organization="demo"
    )
    assert sub["master_organization"] == "demo"
    assert rokka.api("GET", "/organizations/demo/sub_organizations").json() == {
        "organization": "demo",
        "master_organization": "demo",
        "total": 1,
        "items": [
            {
                "name": "sub",
                "id": sub["id"],
                "display_name": "Sub",
                "billing_email": "b@example.com",
                "created": "2026-03-01T12:00:00+00:00",
            }
        ],
    }


def test_sub_organization__is_made_by_admins_of_the_master(rokka: Rokka) -> None:
    body = {"billing_email": "a@example.com", "master_organization": "demo"}
    statuses = [
        rokka.api(
            "PUT", "/organizations/sub", json=body, headers=make_member(rokka, role).headers
        ).status_code
        for role in ("write", "admin")
    ]
    assert statuses == [403, 200]


@pytest.mark.parametrize(
    ("name", "raw", "stored"),
    [
        ("protect_dynamic_stack", "true", True),
        ("remote_basepath", "https://example.com/", "https://example.com/"),
        ("remote_basepath", '"https://example.com/"', "https://example.com/"),
        ("remote_fullurl_allow", "true", True),
        ("remote_fullurl_whitelist", '["example[.]com$"]', ["example[.]com$"]),
    ],
)
def test_option__is_kept(rokka: Rokka, name: str, raw: str, stored: object) -> None:
    answer = rokka.api("PUT", f"/organizations/demo/options/{name}", data=raw)
    assert (answer.status_code, answer.json()["options"]) == (200, {name: stored})


def test_options__are_merged_and_taken_away(rokka: Rokka) -> None:
    path = "/organizations/demo/options"
    rokka.api("PUT", path, json={"protect_dynamic_stack": True, "remote_fullurl_whitelist": ["a"]})
    body = {"protect_dynamic_stack": False, "remote_fullurl_whitelist": None}
    assert rokka.api("PUT", path, json=body).json()["options"] == {"protect_dynamic_stack": False}


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("render_org_fallback", "3", 400),
        ("loud", "true", 400),
        ("protect_dynamic_stack", "perhaps", 400),
        ("remote_basepath", "ftp://example.com/", 400),
        ("remote_basepath", "3", 400),
        ("remote_fullurl_allow", "perhaps", 400),
        ("remote_fullurl_whitelist", '"example.com"', 400),
        ("remote_fullurl_whitelist", "[3]", 400),
        ("remote_fullurl_whitelist", '["("]', 400),
        ("remote_fullurl_whitelist", '["a{99999999999}"]', 400),
        ("remote_fullurl_whitelist", f'["{"(" * 3000}{")" * 3000}"]', 400),
    ],
)
def test_options__refuse_others(rokka: Rokka, name: str, value: str, status: int) -> None:
    answer = rokka.api("PUT", f"/organizations/demo/options/{name}", data=value)
    assert answer.status_code == status
    assert name in answer.json()["error"]["message"]
    assert rokka.api("GET", "/organizations/demo").json()["options"] == {}


def test_option__that_is_missing_can_be_taken_away(rokka: Rokka) -> None:
    answer = rokka.api("PUT", "/organizations/demo/options/render_org_fallback", data="null")
    assert (answer.status_code, answer.json()["options"]) == (200, {})


def test_options__are_all_set_or_none(rokka: Rokka) -> None:
    body = {"protect_dynamic_stack": True, "loud": True}
    assert rokka.api("PUT", "/organizations/demo/options", json=body).status_code == 400
    assert rokka.api("GET", "/organizations/demo").json()["options"] == {}


def test_resources__are_for_known_keys(rokka: Rokka) -> None:
    answer = rokka.api("GET", "/").json()
    assert answer["environment"] == "emulator"
    assert {"/operations", "/organizations", "/sourceimages", "/stacks", "/users"} <= set(
        answer["resources"]
    )
    assert rokka.api("GET", "/", headers=NOBODY).status_code == 403
