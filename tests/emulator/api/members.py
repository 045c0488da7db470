"""Users with roles, to act as."""

from __future__ import annotations

from typing import NamedTuple

from tests.emulator.conftest import Rokka

NOBODY = {"Api-Key": ""}


class Member(NamedTuple):
    id: str
    api_key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Api-Key": self.api_key}


def make_member(rokka: Rokka, *roles: str, **api_key: object) -> Member:
    """Make a user with roles in the organization ``demo``."""
    body = {"roles": list(roles), "api_key": api_key}
    answer = rokka.api("POST", "/organizations/demo/memberships", json=body)
    assert answer.status_code == 201, answer.text
    return Member(answer.json()["user_id"], answer.json()["api_key"])
