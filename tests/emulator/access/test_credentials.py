"""What roles open, over HTTP."""

from __future__ import annotations

import pytest
import requests

from tests.emulator.api.members import Member, make_member
from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves


def ask(rokka: Rokka, member: Member, method: str, path: str, **headers: str) -> requests.Response:
    body = b"" if method in {"GET", "DELETE", "COPY"} else b"{}"
    return rokka.api(method, path, data=body, headers={**member.headers, **headers})


def test_missing_role__is_refused_without_blaming_the_key(rokka: Rokka) -> None:
    answer = ask(rokka, make_member(rokka, "read"), "PUT", "/stacks/demo/thumb")
    message = (
        "The role 'write' in the organization 'demo' is needed for this. Ask an administrator of"
        " the organization for it."
    )
    assert answer.status_code == 403
    assert answer.json() == {"error": {"code": 403, "message": message}}


@pytest.mark.parametrize(
    ("role", "reads", "writes", "uploads", "members"),
    [
        ("read", 200, 403, 403, 403),
        ("write", 200, 201, 200, 403),
        ("upload", 403, 403, 200, 403),
        ("sourceimages:read", 403, 403, 403, 403),
        ("sourceimages:write", 403, 403, 200, 403),
        ("admin:read", 200, 403, 403, 200),
        ("admin", 200, 201, 200, 200),
    ],
)
def test_role__opens_what_it_says(
    rokka: Rokka, role: str, *, reads: int, writes: int, uploads: int, members: int
) -> None:
    member = make_member(rokka, role)
    files = {"filedata": ("a.png", encode(halves(20, 10)))}
    upload = rokka.api("POST", "/sourceimages/demo", files=files, headers=member.headers)
    assert ask(rokka, member, "GET", "/stacks/demo").status_code == reads
    assert ask(rokka, member, "PUT", "/stacks/demo/thumb").status_code == writes
    assert upload.status_code == uploads
    assert ask(rokka, member, "GET", "/organizations/demo/memberships").status_code == members


def test_roles__end_at_their_organization(rokka: Rokka) -> None:
    rokka.api("PUT", "/organizations/acme", json={"billing_email": "a@example.com"})
    member = make_member(rokka, "admin")
    assert ask(rokka, member, "GET", "/stacks/acme").status_code == 403
    assert ask(rokka, member, "GET", "/stacks/nobody").status_code == 404


def test_signing_keys__are_for_admins(rokka: Rokka) -> None:
    for role, is_shown in (("admin", True), ("admin:read", False), ("write", False)):
        answer = ask(rokka, make_member(rokka, role), "GET", "/organizations/demo")
        assert ("signing_keys" in answer.json()) is is_shown


def test_unlocking__has_a_role_of_its_own(rokka: Rokka) -> None:
    path = f"/sourceimages/demo/{rokka.upload(encode(halves(20, 10)))['hash']}/options/locked"
    assert ask(rokka, make_member(rokka, "write"), "PUT", path).status_code == 403
    member = make_member(rokka, "sourceimages:unlock")
    answer = rokka.api("PUT", path, data="true", headers=member.headers)
    assert answer.status_code != 403


def test_protected_original__has_a_role_of_its_own(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(20, 10)), **{"options[0]": '{"protected": true}'})
    path = f"/sourceimages/demo/{image['hash']}/download"
    statuses = {
        roles: ask(rokka, make_member(rokka, *roles), "GET", path).status_code
        for roles in (
            ("sourceimages:read",),
            ("sourceimages:write",),
            ("sourceimages:read", "sourceimages:download:protected"),
            ("read",),
        )
    }
    assert list(statuses.values()) == [403, 403, 200, 200]


def test_download__of_what_is_not_there_is_404(rokka: Rokka) -> None:
    path = f"/sourceimages/demo/{'0' * 40}/download"
    assert ask(rokka, make_member(rokka, "sourceimages:read"), "GET", path).status_code == 404


def test_copy__needs_a_role_at_its_destination(rokka: Rokka) -> None:
    rokka.api("PUT", "/organizations/acme", json={"billing_email": "a@example.com"})
    image = rokka.upload(encode(halves(20, 10)))
    member = make_member(rokka, "read")
    path = f"/sourceimages/demo/{image['hash']}"
    assert ask(rokka, member, "COPY", path, Destination="acme").status_code == 403
    rokka.api(
        "PUT",
        f"/organizations/acme/memberships/{member.id}",
        json={"roles": ["sourceimages:write"]},
    )
    assert ask(rokka, member, "COPY", path, Destination="acme").status_code != 403


def test_faults__are_for_the_emulators_own_key(rokka: Rokka) -> None:
    assert ask(rokka, make_member(rokka, "admin"), "GET", "/_emulator/faults").status_code == 403


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Bearer", "Bearer ", "emulators-own-key"])
def test_authorization__of_another_kind_is_refused(rokka: Rokka, authorization: str) -> None:
    headers = {"Api-Key": "", "Authorization": authorization}
    answer = rokka.api("GET", "/", headers=headers)
    assert (answer.status_code, answer.json()["invalid_authentication"]) == (403, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("HEAD", "/organizations/demo/memberships"),
        ("GET", "/organizations/demo/memberships/"),
        ("GET", "/organizations/demo/memberships/a%0Ab"),
        ("GET", "/organizations/demo/%6demberships"),
        ("PUT", "/organizations/demo/options/remote_basepath%0A"),
        ("DELETE", f"/sourceimages/demo/{'0' * 40}/meta/user/a%0A"),
    ],
)
def test_role__is_asked_for_however_the_path_is_written(
    rokka: Rokka, method: str, path: str
) -> None:
    assert ask(rokka, make_member(rokka, "billing:read"), method, path).status_code == 403


def test_locked_upload__needs_the_role_that_unlocks(rokka: Rokka) -> None:
    statuses = [
        rokka.api(
            "POST",
            "/sourceimages/demo",
            files={"filedata": ("a.png", encode(halves(20, 10)))},
            data={"options[0]": '{"locked": true}'},
            headers=make_member(rokka, *roles).headers,
        ).status_code
        for roles in (("write",), ("upload", "sourceimages:unlock"))
    ]
    assert statuses == [403, 200]
