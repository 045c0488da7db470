from __future__ import annotations

import pytest

from django_rokka.emulator.access.roles import ROLES, has_role, required_role
from django_rokka.emulator.api import ROUTES


@pytest.mark.parametrize(
    ("assigned", "implied"),
    [
        ("read", {"read", "sourceimages:read", "sourceimages:download:protected"}),
        (
            "write",
            {
                *("write", "read", "upload", "sourceimages:read", "sourceimages:write"),
                *("sourceimages:download:protected", "billing:read"),
            },
        ),
        ("upload", {"upload"}),
        ("sourceimages:read", {"sourceimages:read"}),
        ("sourceimages:write", {"sourceimages:write", "upload", "sourceimages:read"}),
        ("sourceimages:unlock", {"sourceimages:unlock"}),
        ("sourceimages:download:protected", {"sourceimages:download:protected"}),
        ("billing:read", {"billing:read"}),
        (
            "admin:read",
            {"admin:read", "read", "sourceimages:read", "sourceimages:download:protected"},
        ),
        ("admin", ROLES),
    ],
)
def test_role__implies_others(assigned: str, implied: set[str]) -> None:
    assert {role for role in ROLES if has_role([assigned], role)} == implied


HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
IMAGE = f"/sourceimages/demo/{HASH}"


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/sourceimages/demo", "sourceimages:read"),
        ("POST", "/sourceimages/demo", "upload"),
        ("DELETE", "/sourceimages/demo", "sourceimages:write"),
        ("GET", f"{IMAGE}/download", "sourceimages:read"),
        ("DELETE", IMAGE, "sourceimages:write"),
        ("COPY", IMAGE, "sourceimages:read"),
        ("POST", f"{IMAGE}/copy", "sourceimages:read"),
        ("POST", "/sourceimages/demo/copy", "sourceimages:read"),
        ("POST", f"{IMAGE}/restore", "sourceimages:write"),
        ("PUT", f"{IMAGE}/options/locked", "sourceimages:unlock"),
        ("PUT", f"{IMAGE}/options/protected", "sourceimages:write"),
        ("PATCH", f"{IMAGE}/meta/user", "sourceimages:write"),
        ("PUT", "/sourceimages/demo/alias/logo", "sourceimages:write"),
        ("DELETE", "/sourceimages/demo/alias/logo/cache", "sourceimages:write"),
        ("GET", "/stacks/demo", "read"),
        ("PUT", "/stacks/demo/thumb", "write"),
        ("GET", "/organizations/demo", "read"),
        ("PUT", "/organizations/demo", None),
        ("PUT", "/organizations/demo/options/x", "admin"),
        ("GET", "/organizations/demo/memberships", "admin:read"),
        ("GET", "/organizations/demo/sub_organizations", "admin:read"),
        ("POST", "/organizations/demo/memberships", "admin"),
        ("DELETE", "/organizations/demo/memberships/1", "admin"),
        ("POST", "/utils/demo/render/thumb.jpg", "upload"),
        ("GET", "/stats/demo", "read"),
        ("GET", "/billing/demo", "billing:read"),
        ("GET", "/user", None),
    ],
)
def test_route__asks_for_a_role(method: str, path: str, role: str | None) -> None:
    assert required_role(method, path) == role


def test_route__of_an_organization_never_goes_without_a_role() -> None:
    without = [
        f"{route.method} {route.path}"
        for route in ROUTES
        if "<org:organization>" in route.path and required_role(route.method, route.path) is None
    ]
    assert without == ["PUT /organizations/<org:organization>"]
