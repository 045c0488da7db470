"""What is repeated, how often, and after what wait."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    ConnectionFailed,
    NotFound,
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
    (Reply(status=400), BadRequest),
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
    client: RokkaClient, server: ScriptedServer, seconds: int, deadline: float | None
) -> None:
    server.reply(Reply(status=429, headers={"Retry-After": str(seconds)}))

    with pytest.raises(RateLimited, match=f"Try again in {seconds} s") as caught:
        client.source_images.get(HASH, deadline=deadline)

    assert caught.value.retry_after == seconds
    assert len(server.received) == 1


def test_budget__is_never_retried(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    headers = {"X-RateLimit-Retry-After": str(int(clock.now) + 2)}
    server.reply(Reply(status=429, headers=headers))

    with pytest.raises(RateLimited) as caught:
        client.source_images.get(HASH)

    assert caught.value.retry_after == 2
    assert len(server.received) == 1


@pytest.mark.parametrize("reply", TRANSIENT, ids=repr)
def test_invalidation__is_never_retried(
    client: RokkaClient, server: ScriptedServer, reply: Reply
) -> None:
    server.reply(reply)

    with pytest.raises((RateLimited, ServerError, ConnectionFailed)):
        client.aliases.invalidate_cache("logo")

    assert len(server.received) == 1
