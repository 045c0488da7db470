"""Copies of source images at the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from django_rokka.client import CopiedImages, RokkaClient
from django_rokka.exceptions import (
    ConnectionFailed,
    CopyInterrupted,
    InvalidName,
    InvalidRequest,
    PermissionDenied,
    PreconditionFailed,
    ServerError,
)

from tests.client.samples import HASH
from tests.client.scripted_server import Reply, ScriptedServer

HASHES = [f"{number:040x}" for number in range(250)]


def copied(*, created: Any = (), existing: Any = (), not_found: Any = ()) -> Reply:
    return Reply(json={"created": [*created], "existing": [*existing], "notfound": [*not_found]})


@pytest.mark.parametrize(("status", "is_new"), [(201, True), (204, False)])
def test_copy__says_whether_it_is_new(
    client: RokkaClient, server: ScriptedServer, status: int, is_new: object
) -> None:
    server.reply(Reply(status=status))

    assert client.source_images.copy(HASH, "staging") is is_new

    (request,) = server.received
    assert request.line == ("COPY", f"/sourceimages/acme/{HASH}")
    assert (request.headers["Destination"], request.headers["Overwrite"]) == ("staging", None)


def test_copy__leaves_what_is_there_when_told_to(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=412, json={}))

    with pytest.raises(PreconditionFailed, match="The destination has it already"):
        client.source_images.copy(HASH, "staging", overwrite=False)

    assert server.received[0].headers["Overwrite"] == "F"


def test_copy__is_repeated_only_where_it_overwrites(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(is_reset=True), Reply(status=204), Reply(is_reset=True), Reply(status=412))

    assert client.source_images.copy(HASH, "staging") is False
    with pytest.raises(ConnectionFailed):
        client.source_images.copy(HASH, "staging", overwrite=False)


@pytest.mark.parametrize("destination", ["", "Staging", "a b", "a\r\nb", "staging\n"])
def test_destination__is_an_organization(
    client: RokkaClient, server: ScriptedServer, destination: str
) -> None:
    with pytest.raises(InvalidName, match="is no organization"):
        client.source_images.copy(HASH, destination)
    with pytest.raises(InvalidName, match="is no organization"):
        client.source_images.copy_all([HASH], destination)

    assert server.received == []


def test_copy_all__copies_a_hundred_at_a_time(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(
        copied(created=HASHES[:99], existing=HASHES[99:100]),
        copied(existing=HASHES[100:199], not_found=HASHES[199:200]),
        copied(created=HASHES[200:]),
    )

    done = client.source_images.copy_all(
        iter(HASHES), "staging", overwrite=False, organization="other"
    )

    assert done == CopiedImages(
        created=(*HASHES[:99], *HASHES[200:]),
        existing=tuple(HASHES[99:199]),
        not_found=tuple(HASHES[199:200]),
    )
    assert [request.json for request in server.received] == [
        HASHES[:100],
        HASHES[100:200],
        HASHES[200:],
    ]
    assert {request.line for request in server.received} == {("POST", "/sourceimages/other/copy")}
    assert {
        (request.headers["Destination"], request.headers["Overwrite"])
        for request in server.received
    } == {("staging", "F")}


def test_copy_all__of_nothing_asks_nothing(client: RokkaClient, server: ScriptedServer) -> None:
    assert client.source_images.copy_all([], "staging") == CopiedImages()
    assert server.received == []


def test_copy_all__takes_a_single_hash_as_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(copied(created=[HASH]))

    assert client.source_images.copy_all(HASH, "staging").created == (HASH,)
    assert server.received[0].json == [HASH]


def test_copy_all__reads_no_more_than_a_hundred_ahead(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(copied(created=HASHES[:100]), copied(created=HASHES[100:200]))
    asked: list[int] = []

    def hashes() -> Iterator[str]:
        for hash_ in HASHES[:200]:
            asked.append(len(server.received))
            yield hash_

    client.source_images.copy_all(hashes(), "staging")

    assert asked == [0] * 100 + [1] * 100


@pytest.mark.parametrize("answer", [{}, {"copied": 3}, [HASH], {"created": HASH}])
def test_copy_all__needs_an_answer_that_says_what_was_copied(
    client: RokkaClient, server: ScriptedServer, answer: Any
) -> None:
    server.reply(Reply(json=answer))

    with pytest.raises(ServerError, match="not what rokka documents"):
        client.source_images.copy_all([HASH], "staging")


def test_copy_all__that_fails_at_once_raises_the_error_itself(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=400))

    with pytest.raises(InvalidRequest):
        client.source_images.copy_all(HASHES, "nowhere")

    assert len(server.received) == 1


def test_copy_all__that_fails_later_says_what_was_copied(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(
        copied(created=HASHES[:98], existing=HASHES[98:99], not_found=HASHES[99:100]),
        Reply(status=403, body=b"no"),
    )

    with pytest.raises(
        CopyInterrupted, match="99 images were copied to 'staging' before this: ro"
    ) as caught:
        client.source_images.copy_all(HASHES, "staging")

    error = caught.value
    assert isinstance(error.__cause__, PermissionDenied)
    assert (error.created, error.existing, error.not_found) == (
        tuple(HASHES[:98]),
        tuple(HASHES[98:99]),
        tuple(HASHES[99:100]),
    )
    assert (error.status, error.method, error.path, error.body) == (
        403,
        "POST",
        "/sourceimages/acme/copy",
        "no",
    )


def test_copy_all__checks_the_hashes_of_a_hundred_before_it_is_sent(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(copied(created=HASHES[:100]))

    with pytest.raises(InvalidName):
        client.source_images.copy_all(["beach.jpg"], "staging")
    with pytest.raises(CopyInterrupted, match=r"'beach\.jpg' is no hash") as caught:
        client.source_images.copy_all([*HASHES[:100], "beach.jpg"], "staging")

    assert isinstance(caught.value.__cause__, InvalidName)
    assert len(server.received) == 1


def test_copy_all__whose_hashes_fail_says_what_was_copied(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(copied(created=HASHES[:100]))

    def hashes() -> Iterator[str]:
        yield from HASHES[:150]
        raise LookupError("no more rows")

    with pytest.raises(CopyInterrupted, match="before this: LookupError: no more rows") as caught:
        client.source_images.copy_all(hashes(), "staging")

    assert caught.value.created == tuple(HASHES[:100])
    assert isinstance(caught.value.__cause__, LookupError)
    with pytest.raises(LookupError, match="no more rows"):
        client.source_images.copy_all((hash_ for hash_ in hashes() if hash_ == ""), "staging")
