"""Dynamic metadata at the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_rokka.client import RokkaClient, SourceImage
from django_rokka.exceptions import (
    ConnectionFailed,
    InvalidName,
    NotFound,
    PermissionDenied,
)

from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

OLD = "063c3dce6a528d8944a63185bd4c7b161454ee4f"
PATH = f"/sourceimages/acme/{OLD}/meta/dynamic"
IMAGE = SourceImage.from_json(RECORDED)
CHANGED = Reply(status=201, json=RECORDED, headers={"Location": f"/sourceimages/acme/{HASH}"})

Case = tuple[Callable[..., SourceImage], str, str, Any]

CALLS: dict[str, Case] = {
    "set": (
        lambda client, **options: client.source_images.set_dynamic_metadata(
            OLD, "version", {"text": "2"}, **options
        ),
        "PUT",
        "version",
        {"text": "2"},
    ),
    "delete": (
        lambda client, **options: client.source_images.delete_dynamic_metadata(
            OLD, "version", **options
        ),
        "DELETE",
        "version",
        None,
    ),
    "set_subject_area": (
        lambda client, **options: client.source_images.set_subject_area(OLD, x=0, y=2, **options),
        "PUT",
        "subject_area",
        {"x": 0, "y": 2, "width": 1, "height": 1},
    ),
    "remove_subject_area": (
        lambda client, **options: client.source_images.remove_subject_area(OLD, **options),
        "DELETE",
        "subject_area",
        None,
    ),
}


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, "deletePrevious=false"),
        ({"delete_previous": True}, "deletePrevious=true"),
        ({"keep_hash": True}, "deletePrevious=false&keepHash=true"),
    ],
    ids=["plain", "delete_previous", "keep_hash"],
)
def test_change__says_in_the_query_what_becomes_of_the_previous_image(
    client: RokkaClient,
    server: ScriptedServer,
    case: Case,
    options: dict[str, bool],
    query: str,
) -> None:
    call, method, name, body = case
    server.reply(CHANGED)

    assert call(client, **options) == IMAGE

    (request,) = server.received
    assert request.line == (method, f"{PATH}/{name}?{query}")
    assert (request.json if request.body else None) == body


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS)
def test_change__cannot_keep_the_hash_and_delete_the_previous(
    client: RokkaClient, server: ScriptedServer, case: Case
) -> None:
    with pytest.raises(ValueError, match="delete_previous and keep_hash exclude each other"):
        case[0](client, delete_previous=True, keep_hash=True)

    assert server.received == []


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS)
def test_change__is_repeated_unless_it_deletes(
    client: RokkaClient, server: ScriptedServer, case: Case
) -> None:
    server.reply(Reply(is_reset=True), CHANGED, Reply(is_reset=True), CHANGED)

    assert case[0](client) == IMAGE
    with pytest.raises(ConnectionFailed):
        case[0](client, delete_previous=True)

    assert len(server.received) == 3


def test_change__that_changes_nothing_reads_the_image(
    client: RokkaClient, server: ScriptedServer
) -> None:
    location = {"Location": f"https://api.rokka.io/sourceimages/other/{OLD}"}
    server.reply(Reply(status=204, headers=location), Reply(json=RECORDED))

    image = client.source_images.set_dynamic_metadata(OLD, "version", {}, organization="other")

    assert image == IMAGE
    assert server.received[1].line == ("GET", f"/sourceimages/other/{OLD}")


@pytest.mark.parametrize("name", ["", "a-b", "a/b", "..", "ä", "version\n"])
def test_name__that_rokka_does_not_route_is_refused(
    client: RokkaClient, server: ScriptedServer, name: str
) -> None:
    with pytest.raises(InvalidName, match="is no name of dynamic metadata"):
        client.source_images.set_dynamic_metadata(OLD, name, {})
    with pytest.raises(InvalidName, match="is no name of dynamic metadata"):
        client.source_images.delete_dynamic_metadata(OLD, name)

    assert server.received == []


def test_set__of_what_is_paid_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=403))

    with pytest.raises(PermissionDenied) as caught:
        client.source_images.set_dynamic_metadata(OLD, "detection_face", {})

    assert caught.value.feature == "detecting faces"
    assert server.received[0].json == {}


def test_delete__of_what_is_not_set_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"'{OLD}' with dynamic metadata 'version'"):
        client.source_images.delete_dynamic_metadata(OLD, "version")


def test_delete__after_a_lost_answer_is_done_where_the_hash_stays(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(is_reset=True), Reply(status=404), Reply(json=RECORDED))

    assert client.source_images.delete_dynamic_metadata(OLD, "version", keep_hash=True) == IMAGE
    assert server.received[2].line == ("GET", f"/sourceimages/acme/{OLD}")


def test_delete__after_a_lost_answer_is_no_guess_where_the_hash_changes(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(is_reset=True), Reply(status=404))

    with pytest.raises(NotFound):
        client.source_images.delete_dynamic_metadata(OLD, "version")


def test_set_subject_area__is_a_box_of_percents(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(CHANGED)

    client.source_images.set_subject_area(OLD, x=10, y=20, width=30, height=40, is_percentage=True)

    assert server.received[0].json == {
        "x": 10,
        "y": 20,
        "width": 30,
        "height": 40,
        "percentage": True,
    }


@pytest.mark.parametrize(
    ("area", "message"),
    [
        ({"x": -1, "y": 0}, "x is -1, must be 0 or more"),
        ({"x": 0, "y": -1}, "y is -1, must be 0 or more"),
        ({"x": 0, "y": 0, "width": 0}, "width is 0, must be 1 or more"),
        ({"x": 0, "y": 0, "height": 0}, "height is 0, must be 1 or more"),
    ],
)
def test_set_subject_area__needs_a_box(
    client: RokkaClient, server: ScriptedServer, area: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        client.source_images.set_subject_area(OLD, **area)

    assert server.received == []
