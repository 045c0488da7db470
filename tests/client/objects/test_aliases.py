"""Aliases, read from JSON."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from django_rokka.client import Alias

from tests.client.samples import HASH

LOGO = {"alias": "logo", "hash": HASH, "organization": "acme"}


def test_alias__reads_its_hash() -> None:
    assert Alias.from_json(LOGO) == Alias(name="logo", hash=HASH, organization="acme")


def test_alias__may_tell_when_it_was_made() -> None:
    alias = Alias.from_json({**LOGO, "created": "2019-12-10T10:45:32+00:00", "color": "blue"})

    assert alias.created == datetime(2019, 12, 10, 10, 45, 32, tzinfo=timezone.utc)
    assert alias.raw["color"] == "blue"


@pytest.mark.parametrize("member", LOGO)
def test_alias__without_a_member_is_refused(member: str) -> None:
    with pytest.raises(LookupError):
        Alias.from_json({name: value for name, value in LOGO.items() if name != member})
