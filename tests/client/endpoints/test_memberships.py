"""Memberships at the wire."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from django_rokka.client import ROLES, Membership, Page, RokkaClient
from django_rokka.exceptions import Conflict, ConnectionFailed, InvalidName, NotFound

from tests.client.scripted_server import Reply, ScriptedServer

API_KEY = "NewKeyNobodyMaySee"
USER = "c8791715-a873-475e-96b2-5ffd488112e7"
PATH = f"/organizations/acme/memberships/{USER}"

RECORDED: dict[str, Any] = {
    "user_id": USER,
    "email": "ada@example.org",
    "roles": ["upload", "read"],
    "organization_id": "25158",
    "active": False,
    "last_access": "2019-12-10T10:45:32+00:00",
    "comment": "the shop",
    "team": "blue",
}

MEMBER = Membership(
    user_id=USER,
    organization_id="25158",
    email="ada@example.org",
    roles=("upload", "read"),
    is_active=False,
    comment="the shop",
    last_access=datetime(2019, 12, 10, 10, 45, 32, tzinfo=timezone.utc),
)

WITH_ID: dict[str, Callable[[RokkaClient, str], object]] = {
    "get": lambda client, user_id: client.memberships.get(user_id),
    "create": lambda client, user_id: client.memberships.create(user_id, ["read"]),
    "delete": lambda client, user_id: client.memberships.delete(user_id),
}

WITH_ROLES: dict[str, Callable[[RokkaClient, Any], object]] = {
    "create": lambda client, roles: client.memberships.create(USER, roles),
    "create_with_new_user": lambda client, roles: client.memberships.create_with_new_user(roles),
}


def test_list__reads_a_page(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"total": 1, "items": [RECORDED], "more": False}))

    page = client.memberships.list(organization="other")

    assert page == Page(items=(MEMBER,), total=1)
    assert (page.raw["more"], page[0].raw["team"]) == (False, "blue")
    assert server.received[0].line == ("GET", "/organizations/other/memberships")


def test_get__reads_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED))

    assert client.memberships.get(USER) == MEMBER
    assert server.received[0].line == ("GET", PATH)


def test_get__of_none_names_the_user(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"There is no user '{USER}' in organization 'acme'"):
        client.memberships.get(USER)


@pytest.mark.parametrize("status", [200, 201])
def test_create__puts_roles_and_comment(
    client: RokkaClient, server: ScriptedServer, status: int
) -> None:
    server.reply(Reply(status=status, json=RECORDED))

    member = client.memberships.create(USER, ("upload", "read"), comment="the shop")

    assert member == MEMBER
    assert server.received[0].line == ("PUT", PATH)
    assert server.received[0].json == {"roles": ["upload", "read"], "comment": "the shop"}


def test_create__that_changes_nothing_reads_what_there_is(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=204), Reply(json=RECORDED))

    member = client.memberships.create(USER, ["upload"], organization="other")

    path = PATH.replace("acme", "other")
    assert member == MEMBER
    assert [request.line for request in server.received] == [("PUT", path), ("GET", path)]
    assert server.received[0].json == {"roles": ["upload"]}


def test_create__keeps_the_last_administrator(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=409, json={"error": {"message": "The last admin has to stay."}}))

    with pytest.raises(Conflict, match="The last admin has to stay"):
        client.memberships.create(USER, ["read"])


def test_create_with_new_user__posts_roles_and_settings(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=201, json={**RECORDED, "api_key": API_KEY}))

    member = client.memberships.create_with_new_user(
        ["upload", "read"],
        comment="the shop",
        key_comment="rotates keys",
        requires_mfa=False,
        is_trusted=True,
        allowed_ips=["10.0.0.0/24"],
        expires=datetime(2030, 1, 1, tzinfo=timezone.utc),
    )

    assert member.api_key == API_KEY
    assert server.received[0].line == ("POST", "/organizations/acme/memberships")
    assert server.received[0].json == {
        "roles": ["upload", "read"],
        "comment": "the shop",
        "api_key": {
            "comment": "rotates keys",
            "requires_mfa": False,
            "trusted": True,
            "allowed_ips": ["10.0.0.0/24"],
            "expires": "2030-01-01T00:00:00+00:00",
        },
    }


def test_create_with_new_user__alone_posts_roles_only(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=201, json=RECORDED))

    client.memberships.create_with_new_user(["write"])

    assert server.received[0].json == {"roles": ["write"]}


def test_create_with_new_user__makes_one_user_only(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=502))

    with pytest.raises(Exception, match="rokka failed at POST"):
        client.memberships.create_with_new_user(["write"])

    assert len(server.received) == 1


def test_create_with_new_user__shows_no_key(
    client: RokkaClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply(Reply(status=201, json={**RECORDED, "api_key": API_KEY}))

    member = client.memberships.create_with_new_user(["write"])

    assert (member.api_key, member.raw["api_key"]) == (API_KEY, API_KEY)
    assert API_KEY not in f"{member!r} {member.raw!r} {caplog.text}"


def test_delete__deletes_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.memberships.delete(USER)

    assert server.received[0].line == ("DELETE", PATH)


def test_delete__after_a_lost_answer_is_done(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(is_reset=True), Reply(status=404))

    client.memberships.delete(USER)

    assert len(server.received) == 2


@pytest.mark.parametrize("call", WITH_ID.values(), ids=WITH_ID)
@pytest.mark.parametrize("user_id", ["", ".", "..", "{}", "a/b", "a b", "ü", "a\n"])
def test_user__without_an_id_is_refused(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[[RokkaClient, str], object],
    user_id: str,
) -> None:
    with pytest.raises(InvalidName, match="is no id of a user: use the id that rokka gave it"):
        call(client, user_id)

    assert server.received == []


@pytest.mark.parametrize("call", WITH_ROLES.values(), ids=WITH_ROLES)
@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (["read", "owner"], f"Unknown role 'owner', must be one of: {', '.join(ROLES)}."),
        ([], f"A membership needs a role: give one or more of {', '.join(ROLES)}."),
        ("owner", f"Unknown role 'owner', must be one of: {', '.join(ROLES)}."),
    ],
)
def test_roles__that_rokka_does_not_have_are_refused(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[[RokkaClient, Any], object],
    roles: object,
    words: str,
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared
        call(client, roles)

    assert (str(caught.value), server.received) == (words, [])


@pytest.mark.parametrize("role", ROLES)
def test_roles__are_those_of_rokka(client: RokkaClient, server: ScriptedServer, role: str) -> None:
    server.reply(Reply(json=RECORDED))

    client.memberships.create(USER, [role])

    assert server.received[0].json == {"roles": [role]}


def test_create__is_repeated_when_its_answer_is_lost(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(*[Reply(is_reset=True)] * 5)

    with pytest.raises(ConnectionFailed):
        client.memberships.create(USER, ["read"])

    assert len(server.received) == 5
