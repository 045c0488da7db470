"""Aliases at the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from django_rokka.client import Alias, RokkaClient
from django_rokka.exceptions import (
    AliasExists,
    ConnectionFailed,
    InvalidAliasName,
    InvalidName,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
)

from tests.client.conftest import FakeClock
from tests.client.samples import HASH
from tests.client.scripted_server import Reply, ScriptedServer

LOGO = Alias(name="logo", hash=HASH, organization="acme")

CALLS: dict[str, Callable[[RokkaClient, str], object]] = {
    "create": lambda client, name: client.aliases.create(name, HASH),
    "get": lambda client, name: client.aliases.get(name),
    "delete": lambda client, name: client.aliases.delete(name),
    "invalidate_cache": lambda client, name: client.aliases.invalidate_cache(name),
}


def test_create__puts_the_hash(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"alias": "logo", "hash": HASH, "organization": "acme"}))

    alias = client.aliases.create("logo", HASH)

    request = server.received[0]
    assert alias == LOGO
    assert (request.method, request.target) == ("PUT", "/sourceimages/acme/alias/logo")
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {"hash": HASH}


@pytest.mark.parametrize("reply", [Reply(status=201, json={}), Reply(status=204)])
def test_create__takes_any_success(
    client: RokkaClient, server: ScriptedServer, reply: Reply
) -> None:
    server.reply(reply)

    assert client.aliases.create("logo", HASH) == LOGO


def test_create__overwrites_when_asked_to(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={}))

    client.aliases.create("logo", HASH, overwrite=True)

    assert server.received[0].target == "/sourceimages/acme/alias/logo?overwrite=true"


def test_create__of_an_existing_alias_is_a_conflict(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=409, json={"error": {"code": 409, "message": "It exists"}}))

    with pytest.raises(AliasExists, match="Pass overwrite=True to replace it"):
        client.aliases.create("logo", HASH)


@pytest.mark.parametrize(("overwrite", "tries"), [(False, 1), (True, 5)])
def test_create__is_repeated_only_where_that_is_safe(
    client: RokkaClient, server: ScriptedServer, *, overwrite: bool, tries: int
) -> None:
    server.reply(*[Reply(is_reset=True)] * 5)

    with pytest.raises(ConnectionFailed):
        client.aliases.create("logo", HASH, overwrite=overwrite)

    assert len(server.received) == tries


@pytest.mark.parametrize("hash", ["", "alias", "E55116", "e5511", f"{HASH}0", "../e55116"])
def test_create__refuses_what_is_no_hash(
    client: RokkaClient, server: ScriptedServer, hash: str
) -> None:
    with pytest.raises(InvalidName, match="is no hash of an image: 6 to 40 of the characters"):
        client.aliases.create("logo", hash)

    assert server.received == []


def test_create__for_no_image_names_both(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"There is no source image '{HASH}' to name 'logo'"):
        client.aliases.create("logo", HASH)


def test_get__reads_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"alias": "logo", "hash": HASH, "organization": "acme"}))

    assert client.aliases.get("logo") == LOGO


def test_delete__deletes_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.aliases.delete("logo", organization="other")

    assert (server.received[0].method, server.received[0].target) == (
        "DELETE",
        "/sourceimages/other/alias/logo",
    )


def test_delete__after_a_lost_answer_is_done(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(is_reset=True), Reply(status=404))

    client.aliases.delete("logo")

    assert len(server.received) == 2


def test_delete__of_none_names_it(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match="There is no alias 'logo' in organization 'acme'"):
        client.aliases.delete("logo")


def test_invalidate_cache__asks_once(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"status": "ok"}))

    client.aliases.invalidate_cache("logo")

    assert (server.received[0].method, server.received[0].target) == (
        "DELETE",
        "/sourceimages/acme/alias/logo/cache",
    )


def test_invalidate_cache__is_never_repeated(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=503))

    with pytest.raises(Exception, match="rokka failed at DELETE"):
        client.aliases.invalidate_cache("logo")

    assert len(server.received) == 1


def test_invalidate_cache__is_not_for_free_accounts(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=403, json={"error": {"code": 403, "message": "Paid only"}}))

    with pytest.raises(PermissionDenied) as caught:
        client.aliases.invalidate_cache("logo")

    assert caught.value.feature == "clearing the cache of an alias"


def test_invalidate_cache__over_budget_says_when(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    headers = {"X-RateLimit-Retry-After": str(int(clock.now) + 1800)}
    server.reply(Reply(status=429, json={"status": "too many requests"}, headers=headers))

    with pytest.raises(QuotaExceeded, match="Try again in 1800 s") as caught:
        client.aliases.invalidate_cache("logo")

    assert caught.value.retry_at == datetime.fromtimestamp(clock.now + 1800, timezone.utc)
    assert (caught.value.detail, len(server.received)) == ("too many requests", 1)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("name", ["", "my-alias", "a.b", "a/b", "ü", "a b", "logo\n"])
def test_name__that_rokka_does_not_route_is_refused(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[[RokkaClient, str], object],
    name: str,
) -> None:
    with pytest.raises(InvalidAliasName, match="use letters, digits and underscores only"):
        call(client, name)

    assert server.received == []
