"""Stacks at the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from django_rokka.client import Page, RokkaClient, Stack
from django_rokka.exceptions import (
    Conflict,
    ConnectionFailed,
    InvalidName,
    NotFound,
    OrganizationNotFound,
    PermissionDenied,
    QuotaExceeded,
)

from tests.client.conftest import FakeClock
from tests.client.samples import STACK
from tests.client.scripted_server import Reply, ScriptedServer

DEFINITION = {
    "operations": [{"name": "resize", "options": {"width": 100, "height": 100}}],
    "options": {"jpg.quality": 77},
}


CALLS: dict[str, Callable[[RokkaClient, str], object]] = {
    "create": lambda client, name: client.stacks.create(name, DEFINITION),
    "get": lambda client, name: client.stacks.get(name),
    "delete": lambda client, name: client.stacks.delete(name),
    "invalidate_cache": lambda client, name: client.stacks.invalidate_cache(name),
}


def items(*names: str) -> list[dict[str, Any]]:
    return [{**STACK, "name": name} for name in names]


def test_create__puts_the_definition(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=201, json=STACK))

    stack = client.stacks.create("mystack", DEFINITION)

    request = server.received[0]
    assert stack == Stack.from_json(STACK)
    assert (request.method, request.target) == ("PUT", "/stacks/acme/mystack")
    assert json.loads(request.body) == DEFINITION


def test_create__overwrites_when_asked_to(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=STACK))

    client.stacks.create("mystack", DEFINITION, overwrite=True)

    assert server.received[0].target == "/stacks/acme/mystack?overwrite=true"


def test_create__of_an_existing_stack_is_a_conflict(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=409))

    with pytest.raises(Conflict, match="Pass overwrite=True to replace it"):
        client.stacks.create("mystack", DEFINITION)


@pytest.mark.parametrize(("overwrite", "tries"), [(False, 1), (True, 5)])
def test_create__is_repeated_only_where_that_is_safe(
    client: RokkaClient, server: ScriptedServer, *, overwrite: bool, tries: int
) -> None:
    server.reply(*[Reply(is_reset=True)] * 5)

    with pytest.raises(ConnectionFailed):
        client.stacks.create("mystack", DEFINITION, overwrite=overwrite)

    assert len(server.received) == tries


def test_get__reads_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={**STACK, "link": "/stacks/acme/mystack"}))

    assert client.stacks.get("mystack").link == "/stacks/acme/mystack"


def test_get__of_none_is_not_found(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match="There is no stack 'mystack' in organization 'acme'"):
        client.stacks.get("mystack")


def test_list__reads_one_page(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"items": [STACK, {**STACK, "name": "other"}]}))

    stacks = client.stacks.list(limit=2, offset=4)

    assert [stack.name for stack in stacks] == ["mystack", "other"]
    assert server.received[0].target == "/stacks/acme?limit=2&offset=4"


def test_list__asks_for_no_page_of_its_own(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"items": [STACK], "cursor": "c1"}))

    page = client.stacks.list(organization="other")

    assert page == Page(items=(Stack.from_json(STACK),), cursor="c1")
    assert server.received[0].line == ("GET", "/stacks/other")


def test_list__of_no_organization_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(OrganizationNotFound):
        client.stacks.list()


@pytest.mark.parametrize(
    ("replies", "names", "queries"),
    [
        ([{"items": []}], [], ["?limit=2"]),
        ([{"items": items("a")}], ["a"], ["?limit=2"]),
        (
            [{"items": items("a", "b")}, {"items": items("c")}],
            ["a", "b", "c"],
            ["?limit=2", "?limit=2&offset=2"],
        ),
        (
            [{"items": items("a", "b")}, {"items": items("c", "d")}, {"items": []}],
            ["a", "b", "c", "d"],
            ["?limit=2", "?limit=2&offset=2", "?limit=2&offset=4"],
        ),
        (
            [{"items": items("a", "b"), "cursor": "c1"}, {"items": items("c", "d")}],
            ["a", "b", "c", "d"],
            ["?limit=2", "?limit=2&offset=c1"],
        ),
        (
            [{"items": items("a", "b")}, {"items": items("a", "b")}],
            ["a", "b"],
            ["?limit=2", "?limit=2&offset=2"],
        ),
        (
            [{"items": items("a"), "links": {"next": {}}}, {"items": items("b"), "links": {}}],
            ["a", "b"],
            ["?limit=2", "?limit=2&offset=1"],
        ),
    ],
    ids=[
        *("none", "few", "two pages", "an empty last page", "cursor"),
        *("the same page again", "a short one amid"),
    ],
)
def test_iter__walks_all_pages(
    client: RokkaClient,
    server: ScriptedServer,
    replies: list[dict[str, Any]],
    names: list[str],
    queries: list[str],
) -> None:
    server.reply(*(Reply(json=reply) for reply in replies))

    assert [stack.name for stack in client.stacks.iter(page_size=2)] == names
    assert [request.target for request in server.received] == [
        f"/stacks/acme{query}" for query in queries
    ]


def test_iter__asks_for_a_page_when_it_is_needed(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json={"items": items("a", "b")}))

    stacks = client.stacks.iter(page_size=2, organization="other")
    asked_before = len(server.received)
    first = next(stacks)

    assert (asked_before, first.name, len(server.received)) == (0, "a", 1)


def test_delete__deletes_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.stacks.delete("mystack")

    assert (server.received[0].method, server.received[0].target) == (
        "DELETE",
        "/stacks/acme/mystack",
    )


def test_delete__after_a_lost_answer_is_done(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(is_reset=True), Reply(status=404))

    client.stacks.delete("mystack")

    assert len(server.received) == 2


def test_invalidate_cache__asks_once(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"status": "ok"}))

    client.stacks.invalidate_cache("mystack")

    assert server.received[0].line == ("DELETE", "/stacks/acme/mystack/cache")


def test_invalidate_cache__over_budget_says_when(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    headers = {"X-RateLimit-Retry-After": str(int(clock.now) + 60)}
    server.reply(Reply(status=429, json={"status": "too many requests"}, headers=headers))

    with pytest.raises(QuotaExceeded, match="Try again in 60 s") as caught:
        client.stacks.invalidate_cache("mystack")

    assert caught.value.retry_at == datetime.fromtimestamp(clock.now + 60, timezone.utc)
    assert len(server.received) == 1


def test_invalidate_cache__is_not_for_free_accounts(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=403))

    with pytest.raises(PermissionDenied) as caught:
        client.stacks.invalidate_cache("mystack")

    assert caught.value.feature == "clearing the cache of a stack"


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("name", ["", ".", "..", "{}", "a.b", "a/b", "ü", "a b", "thumb\n"])
def test_name__that_no_stack_can_have_is_refused(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[[RokkaClient, str], object],
    name: str,
) -> None:
    with pytest.raises(InvalidName, match="is no stack name: use letters, digits, '_' and '-'"):
        call(client, name)

    assert server.received == []


def test_iter__needs_a_page_that_holds_something(client: RokkaClient) -> None:
    with pytest.raises(ValueError, match="The page size 0 is none, must be 1 or more"):
        client.stacks.iter(page_size=0)


def test_list__of_what_follows_the_last_page_is_refused(
    client: RokkaClient, server: ScriptedServer
) -> None:
    with pytest.raises(ValueError, match="The offset '' is the cursor of a last page"):
        client.stacks.list(offset="")

    assert server.received == []
