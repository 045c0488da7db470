"""Deleting source images at the wire."""

from __future__ import annotations

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import InvalidName, NotFound, OrganizationNotFound

from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

BINARY_HASH = RECORDED["binary_hash"]


def test_delete__deletes_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.source_images.delete(HASH)

    assert server.received[0].line == ("DELETE", f"/sourceimages/acme/{HASH}")


def test_delete__of_no_image_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"There is no source image '{HASH}'"):
        client.source_images.delete(HASH)


def test_delete__after_a_lost_answer_is_done(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(is_reset=True), Reply(status=404))

    client.source_images.delete(HASH)

    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("replies", "was_there"),
    [
        ([Reply(status=204)], True),
        ([Reply(status=404)], False),
        ([Reply(is_reset=True), Reply(status=404)], True),
    ],
    ids=["there", "not there", "a lost answer"],
)
def test_delete_by_binary_hash__says_whether_there_were_any(
    client: RokkaClient, server: ScriptedServer, replies: list[Reply], was_there: object
) -> None:
    server.reply(*replies)

    assert client.source_images.delete_by_binary_hash(BINARY_HASH) is was_there
    assert server.received[0].line == ("DELETE", f"/sourceimages/acme?binaryHash={BINARY_HASH}")


def test_delete_by_binary_hash__of_no_organization_says_so(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=404, json={"error": {"message": "Organization not found"}}))

    with pytest.raises(OrganizationNotFound):
        client.source_images.delete_by_binary_hash(BINARY_HASH)


@pytest.mark.parametrize("text", ["", BINARY_HASH[:6]])
def test_delete_by_binary_hash__needs_a_whole_one(
    client: RokkaClient, server: ScriptedServer, text: str
) -> None:
    with pytest.raises(InvalidName, match="is no binary hash"):
        client.source_images.delete_by_binary_hash(text)

    assert server.received == []


def test_restore__of_what_is_gone_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound):
        client.source_images.restore(HASH)
