from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from django_rokka.emulator import Emulator
from django_rokka.emulator.store import Database, Organizations, StoredOrganization

OLD_ROOT = """
CREATE TABLE organization (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    created TEXT NOT NULL,
    signing_key TEXT NOT NULL,
    options TEXT NOT NULL
);
INSERT INTO organization VALUES ('demo', '7f99', '2020-01-01T00:00:00+00:00', 'key', '{"a": 1}');
"""


@pytest.fixture
def organizations(tmp_path: Path) -> Organizations:
    return Organizations(Database(tmp_path / "rokka.sqlite3"))


def test_root__of_before_profiles_opens(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "rokka.sqlite3")
    connection.executescript(OLD_ROOT)
    connection.close()
    emulator = Emulator(root=tmp_path)
    services = emulator._services
    assert services.organization("demo") == StoredOrganization(
        name="demo",
        id="7f99",
        created="2020-01-01T00:00:00+00:00",
        display_name="demo",
        billing_email="demo@rokka.invalid",
        master_organization="demo",
        options={"a": 1},
        is_paying=True,
        signing_key="key",
    )
    assert [it.roles for it in services.memberships.of_organization("demo")] == [("admin",)]
    emulator.close()


def test_create__does_not_take_a_taken_name(organizations: Organizations) -> None:
    made = organizations.ensure("acme", created="", signing_key=None)
    is_new = organizations.create(
        "acme", created="", display_name="", billing_email="", master_organization="acme"
    )
    assert not is_new
    assert organizations.find("acme") == made


def test_all__are_listed_by_name(organizations: Organizations) -> None:
    for name in ("b", "a"):
        organizations.ensure(name, created="", signing_key=None)
    assert [organization.name for organization in organizations.all()] == ["a", "b"]


def test_ensure__leaves_members_alone(tmp_path: Path) -> None:
    emulator = Emulator(root=tmp_path)
    memberships = emulator._services.memberships
    memberships.put("demo", "7f99", ["admin"], comment=None, created="")
    (root, _) = memberships.of_organization("demo")
    memberships.delete("demo", root.user_id)
    emulator.close()
    again = Emulator(root=tmp_path)
    assert [it.user_id for it in again._services.memberships.of_organization("demo")] == ["7f99"]
    again.close()
