"""Changes of source images at the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_rokka.client import RokkaClient, SourceImage
from django_rokka.exceptions import (
    ChangeUnread,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    ServerError,
)

from tests.client.conftest import FakeClock
from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

OLD = "063c3dce6a528d8944a63185bd4c7b161454ee4f"
IMAGE = SourceImage.from_json(RECORDED)

Case = tuple[Callable[[RokkaClient], SourceImage], tuple[str, str], Any]

KEEPING: dict[str, Case] = {
    "set_locked": (
        lambda client: client.source_images.set_locked(HASH, False),
        ("PUT", f"/sourceimages/acme/{HASH}/options/locked"),
        False,
    ),
    "autolabel": (
        lambda client: client.source_images.autolabel(HASH),
        ("POST", f"/sourceimages/acme/{HASH}/autolabel"),
        None,
    ),
    "autodescribe": (
        lambda client: client.source_images.autodescribe(HASH, ["de", "en"], force=True),
        ("POST", f"/sourceimages/acme/{HASH}/autodescription"),
        {"languages": ["de", "en"], "force": True},
    ),
    "restore": (
        lambda client: client.source_images.restore(HASH),
        ("POST", f"/sourceimages/acme/{HASH}/restore"),
        None,
    ),
}


@pytest.mark.parametrize("case", KEEPING.values(), ids=KEEPING)
def test_change__returns_the_image_of_the_answer(
    client: RokkaClient, server: ScriptedServer, case: Case
) -> None:
    call, line, body = case
    server.reply(Reply(json=RECORDED))

    assert call(client) == IMAGE

    (request,) = server.received
    assert request.line == line
    assert (request.json if request.body else None) == body


@pytest.mark.parametrize("case", KEEPING.values(), ids=KEEPING)
@pytest.mark.parametrize(
    "reply",
    [Reply(status=204), Reply(json={"labels": ["lake"]}), Reply(json=[]), Reply()],
    ids=["204", "labels", "a list", "empty"],
)
def test_change__reads_the_image_where_the_answer_is_none(
    client: RokkaClient, server: ScriptedServer, case: Case, reply: Reply
) -> None:
    server.reply(reply, Reply(json=RECORDED))

    assert case[0](client) == IMAGE
    assert server.received[1].line == ("GET", f"/sourceimages/acme/{HASH}")


def test_autodescribe__takes_one_language(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED))

    client.source_images.autodescribe(HASH, "de")

    assert server.received[0].json == {"languages": ["de"], "force": False}


def test_autodescribe__needs_a_language(client: RokkaClient, server: ScriptedServer) -> None:
    with pytest.raises(ValueError, match="no language to describe the image in"):
        client.source_images.autodescribe(HASH, [])

    assert server.received == []


PAID: dict[str, tuple[Callable[[RokkaClient], object], str]] = {
    "autolabel": (
        lambda client: client.source_images.autolabel(HASH),
        "labelling images automatically",
    ),
    "autodescribe": (
        lambda client: client.source_images.autodescribe(HASH, ["en"]),
        "describing images automatically",
    ),
    "invalidate_cache": (
        lambda client: client.source_images.invalidate_cache(HASH),
        "clearing the cache of a source image",
    ),
}


@pytest.mark.parametrize(("call", "feature"), PAID.values(), ids=PAID)
def test_paid_work__says_so_to_a_free_account(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[[RokkaClient], object],
    feature: str,
) -> None:
    server.reply(Reply(status=403, json={"error": {"code": 403, "message": "Paid only"}}))

    with pytest.raises(PermissionDenied, match="feature") as caught:
        call(client)

    assert caught.value.feature == feature


@pytest.mark.parametrize(("call", "feature"), PAID.values(), ids=PAID)
def test_paid_work__is_not_repeated_after_an_unknown_outcome(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[[RokkaClient], object],
    feature: str,
) -> None:
    server.reply(Reply(status=504), Reply(json=RECORDED))

    with pytest.raises(ServerError):
        call(client)

    assert len(server.received) == 1


def test_rename__puts_a_json_string(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.source_images.rename(HASH, 'a "lake".jpg', organization="other")

    assert server.received[0].line == ("PUT", f"/sourceimages/other/{HASH}/name")
    assert server.received[0].json == 'a "lake".jpg'


def test_invalidate_cache__asks_once(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"status": "ok"}))

    client.source_images.invalidate_cache(HASH)

    assert server.received[0].line == ("DELETE", f"/sourceimages/acme/{HASH}/cache")


def test_invalidate_cache__over_budget_is_not_repeated(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    headers = {"X-RateLimit-Retry-After": str(int(clock.now) + 9)}
    server.reply(Reply(status=429, headers=headers))

    with pytest.raises(QuotaExceeded) as caught:
        client.source_images.invalidate_cache(HASH)

    assert caught.value.retry_at is not None
    assert len(server.received) == 1


@pytest.mark.parametrize(("deletes", "text"), [(False, "false"), (True, "true")])
def test_set_protected__says_whether_to_delete_the_previous(
    client: RokkaClient, server: ScriptedServer, deletes: Any, text: str
) -> None:
    location = {"Location": f"/sourceimages/acme/{HASH}"}
    server.reply(Reply(status=201, json=RECORDED, headers=location))

    image = client.source_images.set_protected(OLD, True, delete_previous=deletes)

    assert image == IMAGE
    (request,) = server.received
    target = f"/sourceimages/acme/{OLD}/options/protected?deletePrevious={text}"
    assert (request.line, request.json) == (("PUT", target), True)


MOVED = {
    "a path": f"/sourceimages/acme/{HASH}",
    "a URL": f"https://api.rokka.io/sourceimages/acme/{HASH}",
    "another host": f"http://127.0.0.1:1/elsewhere/{HASH}",
    "a slash at the end": f"/sourceimages/acme/{HASH}/",
    "a query": f"/sourceimages/acme/{HASH}?x=1",
}


@pytest.mark.parametrize("location", MOVED.values(), ids=MOVED)
@pytest.mark.parametrize(
    "reply",
    [
        {"status": 204},
        {"status": 200},
        {"status": 201, "json": {}},
        {"status": 201, "json": {**RECORDED, "hash": OLD}},
    ],
    ids=["204", "200", "an empty object", "another image"],
)
def test_set_protected__reads_the_image_that_location_names(
    client: RokkaClient, server: ScriptedServer, location: str, reply: dict[str, Any]
) -> None:
    server.reply(Reply(**reply, headers={"Location": location}), Reply(json=RECORDED))

    assert client.source_images.set_protected(OLD, False, organization="other") == IMAGE
    assert server.received[1].line == ("GET", f"/sourceimages/other/{HASH}")


def test_set_protected__takes_the_image_where_location_is_missing(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json=RECORDED))

    assert client.source_images.set_protected(OLD, True) == IMAGE


def test_set_protected__that_changes_nothing_reads_the_image_there_is(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=204), Reply(json=RECORDED))

    assert client.source_images.set_protected(HASH, True) == IMAGE
    assert server.received[1].line == ("GET", f"/sourceimages/acme/{HASH}")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=201),
        Reply(json={}),
        Reply(status=201, json=RECORDED, headers={"Location": "/sourceimages/acme/download"}),
        Reply(status=204, headers={"Location": "http://[broken/"}),
        Reply(status=204, headers={"Location": "/"}),
    ],
    ids=["nothing", "an object", "no hash", "no URL", "no path"],
)
def test_set_protected__without_the_new_hash_is_unreadable(
    client: RokkaClient, server: ScriptedServer, reply: Reply
) -> None:
    server.reply(reply)

    with pytest.raises(ServerError, match="without the hash of the image that was made") as caught:
        client.source_images.set_protected(OLD, True)

    assert caught.value.path == f"/sourceimages/acme/{OLD}/options/protected"
    assert len(server.received) == 1


@pytest.mark.parametrize(("deletes", "count"), [(False, 2), (True, 1)])
def test_set_protected__is_repeated_unless_it_deletes(
    client: RokkaClient, server: ScriptedServer, deletes: Any, count: int
) -> None:
    server.reply(Reply(status=502), Reply(status=404))

    with pytest.raises((ServerError, NotFound)):
        client.source_images.set_protected(OLD, True, delete_previous=deletes)

    assert len(server.received) == count


@pytest.mark.parametrize(
    "first",
    [
        Reply(status=201, headers={"Location": f"/sourceimages/acme/{HASH}"}),
        Reply(status=201, body=b"<html>", headers={"Location": f"/sourceimages/acme/{HASH}"}),
        Reply(status=201, json={"hash": HASH}, headers={"Location": f"/sourceimages/acme/{HASH}"}),
    ],
    ids=["empty", "no JSON", "half an image"],
)
def test_set_protected__that_is_done_but_not_read_keeps_the_new_hash(
    client: RokkaClient, server: ScriptedServer, first: Reply
) -> None:
    server.reply(first, Reply(status=500, body=b"no"))

    with pytest.raises(ChangeUnread, match=r"is done, but its image was not read") as caught:
        client.source_images.set_protected(OLD, True, delete_previous=True)

    assert caught.value.hash == HASH
    assert str(caught.value).endswith(f"read the image with get('{HASH}').")
    assert isinstance(caught.value.__cause__, ServerError)


@pytest.mark.parametrize("case", KEEPING.values(), ids=KEEPING)
def test_change__that_is_done_but_not_read_says_so(
    client: RokkaClient, server: ScriptedServer, case: Case
) -> None:
    call, (_, path), _ = case
    server.reply(Reply(status=204), Reply(status=404, body=b"no"))

    with pytest.raises(ChangeUnread, match=f"{path} is done") as caught:
        call(client)

    error = caught.value
    assert (error.hash, error.status, error.method, error.body) == (HASH, 404, "GET", "no")
    assert error.path == f"/sourceimages/acme/{HASH}"
    assert isinstance(error.__cause__, NotFound)
