"""Reading source images at the wire."""

from __future__ import annotations

import pytest

from django_rokka.client import RokkaClient, SourceImage
from django_rokka.exceptions import InvalidName, NotFound, OrganizationNotFound

from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

BINARY_HASH = RECORDED["binary_hash"]
NO_ORGANIZATION = {"error": {"code": 404, "message": "Organization not found"}}


def test_get__reads_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED))

    image = client.source_images.get("e55116", organization="other")

    assert image == SourceImage.from_json(RECORDED)
    assert server.received[0].line == ("GET", "/sourceimages/other/e55116")


def test_get__finds_deleted_ones_when_asked_to(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={**RECORDED, "deleted": True}))

    image = client.source_images.get(HASH, with_deleted=True)

    assert image.is_deleted
    assert server.received[0].line == ("GET", f"/sourceimages/acme/{HASH}?deleted=true")


def test_get__of_no_image_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"There is no source image '{HASH}' in organization"):
        client.source_images.get(HASH)


@pytest.mark.parametrize(
    ("reply", "count"),
    [
        (Reply(json={"total": 2, "items": [RECORDED, RECORDED]}), 2),
        (Reply(json={"total": 0, "items": []}), 0),
        (Reply(status=404), 0),
    ],
    ids=["two", "an empty list", "404"],
)
def test_get_by_binary_hash__returns_all(
    client: RokkaClient, server: ScriptedServer, reply: Reply, count: int
) -> None:
    server.reply(reply)

    images = client.source_images.get_by_binary_hash(BINARY_HASH)

    assert images == (SourceImage.from_json(RECORDED),) * count
    assert server.received[0].line == ("GET", f"/sourceimages/acme?binaryHash={BINARY_HASH}")


def test_get_by_binary_hash__of_no_organization_says_so(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=404, json=NO_ORGANIZATION))

    with pytest.raises(OrganizationNotFound):
        client.source_images.get_by_binary_hash(BINARY_HASH)


@pytest.mark.parametrize("text", ["", HASH[:39], HASH.upper(), f"{HASH}0", f"{HASH}\n", "g" * 40])
def test_get_by_binary_hash__needs_a_whole_one(
    client: RokkaClient, server: ScriptedServer, text: str
) -> None:
    with pytest.raises(InvalidName, match="is no binary hash: 40 of the characters"):
        client.source_images.get_by_binary_hash(text)

    assert server.received == []
