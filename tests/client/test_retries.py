"""What is repeated, how often, and after what wait."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone
from email.utils import formatdate

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import (
    AuthenticationFailed,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
    RateLimited,
    RokkaError,
    ServerError,
)

from tests.client.conftest import FakeClock
from tests.client.samples import HASH, RECORDED, uploaded
from tests.client.scripted_server import Reply, ScriptedServer

TRANSIENT = [
    Reply(status=429),
    Reply(status=502),
    Reply(status=503),
    Reply(status=504),
    Reply(is_reset=True),
    Reply(body=b"{", missing=3),
]
FINAL = [
    (Reply(status=400), InvalidRequest),
    (Reply(status=401), AuthenticationFailed),
    (Reply(status=404), NotFound),
    (Reply(status=409), Conflict),
    (Reply(status=500), ServerError),
    (Reply(status=501), ServerError),
    (Reply(body=b"no JSON"), ServerError),
]


@pytest.mark.parametrize("reply", TRANSIENT, ids=repr)
def test_retry__follows_what_passes(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock, reply: Reply
) -> None:
    server.reply(reply, Reply(json=RECORDED))

    assert client.source_images.get(HASH).hash == HASH
    assert len(clock.slept) == 1


@pytest.mark.parametrize(("reply", "error"), FINAL, ids=repr)
def test_retry__does_not_follow_what_stays(
    client: RokkaClient, server: ScriptedServer, reply: Reply, error: type[RokkaError]
) -> None:
    server.reply(reply)

    with pytest.raises(error):
        client.source_images.get(HASH)

    assert len(server.received) == 1


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_retry__happens_as_often_as_asked_for(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    clock: FakeClock,
    retries: int,
) -> None:
    server.reply(*[Reply(status=503)] * 9)

    with pytest.raises(ServerError):
        make_client(retries=retries).source_images.get(HASH)

    assert (len(server.received), len(clock.slept)) == (retries + 1, retries)


def test_retry__waits_longer_each_time(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.reply(*[Reply(status=503)] * 5)

    with pytest.raises(ServerError):
        client.source_images.get(HASH)

    for waited, least in zip(clock.slept, (0.5, 1, 2, 4), strict=True):
        assert least <= waited <= least + 1


def test_retry__sends_the_whole_file_again(client: RokkaClient, server: ScriptedServer) -> None:
    content = bytes(range(256)) * 1000
    server.reply(Reply(status=503), Reply(is_reset=True), Reply(json=uploaded(content)))

    client.source_images.create(content, name="a.jpg")

    first, second, third = (request.body for request in server.received)
    assert content in first
    assert first == second == third


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after__is_obeyed_in_seconds(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock, status: int
) -> None:
    server.reply(Reply(status=status, headers={"Retry-After": "17"}), Reply(json=RECORDED))

    client.source_images.get(HASH)

    assert clock.slept == [17]


def test_retry_after__is_obeyed_as_a_date(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    date = formatdate(clock.now + 40, usegmt=True)
    server.reply(Reply(status=503, headers={"Retry-After": date}), Reply(json=RECORDED))

    client.source_images.get(HASH)

    assert clock.slept == [40]


def test_retry_after__as_a_date_without_a_zone_is_universal_time(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    date = formatdate(clock.now + 40).replace("+0000", "-0000")
    server.reply(Reply(status=503, headers={"Retry-After": date}), Reply(json=RECORDED))

    client.source_images.get(HASH)

    assert clock.slept == [40]


@pytest.mark.parametrize("text", ["soon", "-5", "", "1e99", "Mon, 99 Foo 2020"])
def test_retry_after__that_says_nothing_is_passed_over(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock, text: str
) -> None:
    server.reply(Reply(status=503, headers={"Retry-After": text}), Reply(json=RECORDED))

    client.source_images.get(HASH)

    assert clock.slept[0] <= 1.5


@pytest.mark.parametrize(("seconds", "deadline"), [(61, None), (30, 20)])
def test_retry_after__too_far_away_is_left_to_the_caller(
    client: RokkaClient,
    server: ScriptedServer,
    clock: FakeClock,
    seconds: int,
    deadline: float | None,
) -> None:
    server.reply(Reply(status=429, headers={"Retry-After": str(seconds)}))

    with pytest.raises(RateLimited, match=f"Try again in {seconds} s") as caught:
        client.source_images.get(HASH, deadline=deadline)

    assert caught.value.retry_at == datetime.fromtimestamp(clock.now + seconds, timezone.utc)
    assert len(server.received) == 1


def test_budget__that_has_room_soon_is_waited_for(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    headers = {"X-RateLimit-Retry-After": str(int(clock.now) + 9)}
    server.reply(Reply(status=429, headers=headers), Reply(json=RECORDED))

    client.source_images.get(HASH)

    assert clock.slept == [9]


def test_budget__spent_for_long_is_left_to_the_caller(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    retry_at = int(clock.now) + 3000
    server.reply(Reply(status=429, headers={"X-RateLimit-Retry-After": str(retry_at)}))

    with pytest.raises(QuotaExceeded) as caught:
        client.source_images.get(HASH)

    assert caught.value.retry_at == datetime.fromtimestamp(retry_at, timezone.utc)
    assert len(server.received) == 1


def create_alias(client: RokkaClient) -> None:
    client.aliases.create("logo", HASH)


def move_alias(client: RokkaClient) -> None:
    client.aliases.create("logo", HASH, overwrite=True)


ALIAS = Reply(json={"alias": "logo", "hash": HASH, "organization": "acme"})


@pytest.mark.parametrize("reply", [Reply(status=429), Reply(status=503)], ids=repr)
def test_retry__of_what_must_not_happen_twice_follows_a_refusal(
    client: RokkaClient, server: ScriptedServer, reply: Reply
) -> None:
    server.reply(reply, ALIAS)

    create_alias(client)

    assert len(server.received) == 2


@pytest.mark.parametrize(
    "reply", [Reply(status=502), Reply(status=504), Reply(is_reset=True)], ids=repr
)
def test_retry__of_what_must_not_happen_twice_follows_no_lost_answer(
    client: RokkaClient, server: ScriptedServer, reply: Reply
) -> None:
    server.reply(reply, ALIAS)

    with pytest.raises((ServerError, ConnectionFailed)):
        create_alias(client)

    assert len(server.received) == 1


def test_retry__of_what_may_happen_twice_follows_a_lost_answer(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(is_reset=True), ALIAS)

    move_alias(client)

    assert len(server.received) == 2


def test_retry__of_what_was_never_sent_follows_anyhow(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        host = f"http://127.0.0.1:{unused.getsockname()[1]}"

    with pytest.raises(ConnectionFailed):
        create_alias(make_client(api_host=host, retries=2))

    assert len(clock.slept) == 2


def test_delete__that_was_done_when_its_answer_got_lost_is_a_success(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(is_reset=True), Reply(status=404))

    client.aliases.delete("logo")

    assert [request.method for request in server.received] == ["DELETE", "DELETE"]


def test_delete__of_what_was_refused_before_is_not_found(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=503), Reply(status=404))

    with pytest.raises(NotFound):
        client.aliases.delete("logo")


def test_error__after_all_retries_is_that_of_the_last_answer(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    server.reply(Reply(status=502, body=b"first"), Reply(status=504, body=b"last"))

    with pytest.raises(ServerError) as caught:
        make_client(retries=1).source_images.get(HASH)

    assert (caught.value.status, caught.value.body) == (504, "last")


@pytest.mark.parametrize("reply", TRANSIENT, ids=repr)
def test_invalidation__is_never_retried(
    client: RokkaClient, server: ScriptedServer, reply: Reply
) -> None:
    server.reply(reply)

    with pytest.raises((RateLimited, ServerError, ConnectionFailed)):
        client.aliases.invalidate_cache("logo")

    assert len(server.received) == 1
