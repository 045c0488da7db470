from __future__ import annotations

import pytest

from tests.emulator.api.members import make_member
from tests.emulator.conftest import Rokka

ALL = "/organizations/demo/memberships"


def root_id(rokka: Rokka) -> str:
    return str(rokka.api("GET", "/user").json()["user_id"])


def test_create__makes_a_user_with_a_key(rokka: Rokka) -> None:
    body = {"roles": ["upload", "read"], "comment": "the camera"}
    answer = rokka.api("POST", ALL, json=body)
    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == {
        *("user_id", "email", "roles", "api_key", "organization_id", "active", "created"),
        "comment",
    }
    assert (made["roles"], made["active"]) == (["read", "upload"], True)
    assert len(made["api_key"]) == 64
    read = rokka.api("GET", f"{ALL}/{made['user_id']}").json()
    assert read == {name: it for name, it in made.items() if name != "api_key"}


def test_list__has_the_members_oldest_first(rokka: Rokka) -> None:
    member = make_member(rokka, "read")
    members = rokka.api("GET", ALL).json()
    assert members["total"] == 2
    assert [item["user_id"] for item in members["items"]] == [root_id(rokka), member.id]
    assert [item["roles"] for item in members["items"]] == [["admin"], ["read"]]


def test_put__says_what_became_of_it(rokka: Rokka) -> None:
    rokka.api("PUT", "/organizations/acme", json={"billing_email": "a@example.com"})
    member = make_member(rokka, "read")
    path = f"/organizations/acme/memberships/{member.id}"
    answers = [
        rokka.api("PUT", path, json=body)
        for body in (
            {"roles": ["read"]},
            {"roles": ["upload", "write"]},
            {"roles": ["write", "upload"]},
            {"role": "read", "comment": "again"},
        )
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 204, 200]
    assert answers[2].content == b""
    assert answers[3].json()["roles"] == ["read"]
    assert answers[3].json()["comment"] == "again"


def test_put__does_not_know_every_user(rokka: Rokka) -> None:
    assert rokka.api("PUT", f"{ALL}/nobody", json={"roles": ["read"]}).status_code == 404


@pytest.mark.parametrize("roles", [[], ["king"], "read", [{}], None])
def test_roles__must_be_roles(rokka: Rokka, roles: object) -> None:
    assert rokka.api("POST", ALL, json={"roles": roles}).status_code == 400
    assert rokka.api("PUT", f"{ALL}/{root_id(rokka)}", json={"roles": roles}).status_code == 400


def test_delete__is_404_the_second_time(rokka: Rokka) -> None:
    member = make_member(rokka, "read")
    answers = [rokka.api("DELETE", f"{ALL}/{member.id}").status_code for _ in range(2)]
    assert answers == [204, 404]
    assert rokka.api("GET", f"{ALL}/{member.id}").status_code == 404
    assert rokka.api("GET", "/stacks/demo", headers=member.headers).status_code == 403


def test_last_admin__stays(rokka: Rokka) -> None:
    path = f"{ALL}/{root_id(rokka)}"
    assert rokka.api("DELETE", path).status_code == 409
    assert rokka.api("PUT", path, json={"roles": ["read"]}).status_code == 409
    make_member(rokka, "admin")
    assert rokka.api("PUT", path, json={"roles": ["read"]}).status_code == 200
    # The emulator's own key opens everything, member or not.
    assert rokka.api("DELETE", path).status_code == 204
    assert rokka.api("GET", ALL).json()["total"] == 1


@pytest.mark.parametrize("api_key", ["text", {"allowed_ips": "x"}, {"loud": True}])
def test_create__with_a_bad_key_makes_no_user(rokka: Rokka, api_key: object) -> None:
    body = {"roles": ["read"], "api_key": api_key}
    assert rokka.api("POST", ALL, json=body).status_code == 400
    assert rokka.api("GET", ALL).json()["total"] == 1
