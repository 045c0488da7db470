"""Statuses and members of answers, as they were recorded from rokka."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.api.members import NOBODY, make_member
from tests.emulator.conftest import Rokka

STACK = {
    *("name", "organization", "created"),
    *("stack_operations", "stack_options", "stack_expressions", "stack_variables"),
}
ORGANIZATION = {
    *("id", "display_name", "name", "billing_email", "created", "master_organization"),
}
ROTATE = {"operations": [{"name": "rotate", "options": {"angle": 45}}]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "members"),
    [
        ("GET", "/stackoptions", None, 200, {"properties"}),
        ("PUT", "/stacks/demo/mystack", ROTATE, 201, STACK),
        ("PUT", "/stacks/demo/known?overwrite=true", ROTATE, 200, STACK),
        ("GET", "/stacks/demo/known", None, 200, {*STACK, "link"}),
        ("GET", "/stacks/demo", None, 200, {"items"}),
        ("DELETE", "/stacks/demo/known", None, 204, set()),
        ("GET", "/organizations/demo", None, 200, ORGANIZATION),
        (
            "PUT",
            "/organizations/new",
            {"billing_email": "a@example.com", "display_name": "New"},
            200,
            ORGANIZATION,
        ),
        (
            "POST",
            "/organizations/demo/memberships",
            {"roles": ["upload", "read"]},
            201,
            {"user_id", "email", "roles", "api_key", "organization_id", "active"},
        ),
        (
            "PUT",
            "/organizations/demo/memberships/MEMBER",
            {"roles": ["upload", "write"]},
            200,
            {"user_id", "email", "roles", "organization_id", "active", "last_access"},
        ),
        ("GET", "/organizations/demo/memberships", None, 200, {"total", "items"}),
        ("DELETE", "/organizations/demo/memberships/MEMBER", None, 204, set()),
        ("GET", "/user", None, 200, {"user_id"}),
        (
            "GET",
            "/stats/demo?from=2019-11-01&to=2019-11-30",
            None,
            200,
            {"space_in_bytes", "number_of_files", "bytes_downloaded", "bytes_downloaded_external"},
        ),
    ],
)
def test_answer__has_the_recorded_members(
    rokka: Rokka, method: str, path: str, *, body: Any, status: int, members: set[str]
) -> None:
    rokka.put_stack("known", ROTATE)
    member = make_member(rokka, "write")
    rokka.api("GET", "/", headers=member.headers)
    answer = rokka.api(method, path.replace("MEMBER", member.id), json=body)
    assert answer.status_code == status
    assert members <= set(answer.json() if answer.content else ())
    assert bool(answer.content) is bool(members)


def test_sign_up__has_the_recorded_members(rokka: Rokka) -> None:
    body = {"email": "ada@example.com", "organization": "rokka-js-tests"}
    answer = rokka.api("POST", "/users", json=body, headers=NOBODY)
    assert (answer.status_code, set(answer.json())) == (200, {"id", "email", "api_key"})
