"""Stacks at the wire."""

from __future__ import annotations

import json

import pytest

from django_rokka.client import RokkaClient, Stack
from django_rokka.exceptions import NotFound

from tests.client.samples import STACK
from tests.client.scripted_server import Reply, ScriptedServer

DEFINITION = {
    "operations": [{"name": "resize", "options": {"width": 100, "height": 100}}],
    "options": {"jpg.quality": 77},
}


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


def test_delete__deletes_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.stacks.delete("mystack")

    assert (server.received[0].method, server.received[0].target) == (
        "DELETE",
        "/stacks/acme/mystack",
    )
