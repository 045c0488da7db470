"""User metadata at the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import InvalidName, NotFound, ServerError

from tests.client.samples import HASH
from tests.client.scripted_server import Reply, ScriptedServer

PATH = f"/sourceimages/acme/{HASH}/meta/user"
TAKEN = datetime(2020, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))

CHANGES: dict[str, tuple[Callable[..., None], tuple[str, str], Any]] = {
    "set": (
        lambda metadata: metadata.set(HASH, "int:year", 0),
        ("PUT", f"{PATH}/int:year"),
        0,
    ),
    "set a text": (
        lambda metadata: metadata.set(HASH, "title", 'a "bär"'),
        ("PUT", f"{PATH}/title"),
        'a "bär"',
    ),
    "set a date": (
        lambda metadata: metadata.set(HASH, "date:taken", TAKEN),
        ("PUT", f"{PATH}/date:taken"),
        "2019-12-31T23:30:00Z",
    ),
    "add": (
        lambda metadata: metadata.add(HASH, {"title": None, "array:labels": ["a", "b"]}),
        ("PATCH", PATH),
        {"title": None, "array:labels": ["a", "b"]},
    ),
    "replace": (
        lambda metadata: metadata.replace(HASH, {"date:taken": TAKEN, "double:x": 0.5}),
        ("PUT", PATH),
        {"date:taken": "2019-12-31T23:30:00Z", "double:x": 0.5},
    ),
    "replace by nothing": (lambda metadata: metadata.replace(HASH, {}), ("PUT", PATH), {}),
    "delete": (lambda metadata: metadata.delete(HASH), ("DELETE", PATH), None),
    "delete_field": (
        lambda metadata: metadata.delete_field(HASH, "int:year"),
        ("DELETE", f"{PATH}/int:year"),
        None,
    ),
}


@pytest.mark.parametrize(("call", "line", "body"), CHANGES.values(), ids=CHANGES)
def test_change__is_sent_as_json(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[..., None],
    line: tuple[str, str],
    body: Any,
) -> None:
    server.reply(Reply(status=204))

    call(client.source_images.metadata)

    (request,) = server.received
    assert request.line == line
    assert (request.json if request.body else None) == body


@pytest.mark.parametrize(
    ("answer", "fields"),
    [({"title": "a", "int:year": 1999}, {"title": "a", "int:year": 1999}), ({}, {}), ([], {})],
)
def test_get__returns_all_fields(
    client: RokkaClient, server: ScriptedServer, answer: Any, fields: dict[str, Any]
) -> None:
    server.reply(Reply(json=answer))

    assert client.source_images.metadata.get(HASH, organization="other") == fields
    assert server.received[0].line == ("GET", f"/sourceimages/other/{HASH}/meta/user")


def test_get__of_what_is_no_object_is_unreadable(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json=["a"]))

    with pytest.raises(ServerError, match="which is no object"):
        client.source_images.metadata.get(HASH)


@pytest.mark.parametrize("value", ["a", 0, 0.5, ["a"]])
def test_get_field__returns_the_value(
    client: RokkaClient, server: ScriptedServer, value: Any
) -> None:
    server.reply(Reply(json=value))

    assert client.source_images.metadata.get_field(HASH, "array_text:x_1") == value
    assert server.received[0].line == ("GET", f"{PATH}/array_text:x_1")


def test_get_field__that_is_missing_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"no source image '{HASH}' with user metadata 'title'"):
        client.source_images.metadata.get_field(HASH, "title")


@pytest.mark.parametrize("field", ["", "AltText", "a-b", "a/b", "bool:a", "int:", "a" * 55, "a\n"])
@pytest.mark.parametrize(
    "call",
    [
        lambda metadata, field: metadata.get_field(HASH, field),
        lambda metadata, field: metadata.set(HASH, field, "a"),
        lambda metadata, field: metadata.add(HASH, {"a": "1", field: "a"}),
        lambda metadata, field: metadata.replace(HASH, {field: "a"}),
        lambda metadata, field: metadata.delete_field(HASH, field),
    ],
    ids=["get_field", "set", "add", "replace", "delete_field"],
)
def test_field__that_rokka_does_not_take_is_refused(
    client: RokkaClient, server: ScriptedServer, call: Callable[..., object], field: str
) -> None:
    with pytest.raises(InvalidName, match="is no field of user metadata: use 1 to 54"):
        call(client.source_images.metadata, field)

    assert server.received == []


def test_set__takes_no_none(client: RokkaClient, server: ScriptedServer) -> None:
    with pytest.raises(ValueError, match=r"take a field away with delete_field\(\)"):
        client.source_images.metadata.set(HASH, "title", None)
    with pytest.raises(ValueError, match=r"take a field away with delete_field\(\)"):
        client.source_images.metadata.replace(HASH, {"title": None})

    assert server.received == []


def test_set__takes_no_number_that_json_lacks(client: RokkaClient, server: ScriptedServer) -> None:
    with pytest.raises(ValueError, match="'double:x' cannot be inf: JSON has no such number"):
        client.source_images.metadata.set(HASH, "double:x", float("inf"))

    assert server.received == []
