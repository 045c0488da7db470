"""Tokens instead of keys: fetched, renewed before they end, and dropped when refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest

from django_rokka.client import RokkaClient, Secret, TokenMemory
from django_rokka.exceptions import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidRequest,
    Timeout,
)

from tests.client.conftest import API_KEY, FakeClock
from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

TOKEN_PATH = "/user/apikeys/token"
FORK = f"""
import os, sys
from django_rokka.client import RokkaClient, TokenMemory
from django_rokka.exceptions import CallFailed

client = RokkaClient(
    organization="acme", api_key="key", api_host=sys.argv[1], tokens=TokenMemory(), retries=0
)
with client._session.credentials.lock:
    if child := os.fork():
        os.waitpid(child, 0)
        os._exit(0)
    try:
        client.source_images.get("{HASH}", deadline=5)
    except CallFailed as error:
        print(type(error).__name__, flush=True)
    os._exit(0)
"""
IMAGE_PATH = f"/sourceimages/acme/{HASH}"


def make_token(clock: FakeClock, *, seconds: int, is_renewable: bool = True, mark: str = "") -> str:
    claims = {"id": f"user{mark}", "exp": int(clock.now) + seconds, "expt": 86400}
    payload = json.dumps({**claims, "rn": is_renewable}).encode()
    return f"e30.{urlsafe_b64encode(payload).decode().rstrip('=')}.c2ln"


def issue(token: str) -> Reply:
    return Reply(json={"token": token, "payload": {}})


def sent(server: ScriptedServer) -> list[tuple[str, str]]:
    """Return path and credentials of each request."""
    return [
        (
            request.target,
            request.headers["Authorization"] or f"key {request.headers['Api-Key']}",
        )
        for request in server.received
    ]


def test_token__is_fetched_by_the_key_and_used(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    token = make_token(clock, seconds=86400)
    server.reply(issue(token), Reply(json=RECORDED), Reply(json=RECORDED))
    client = make_client(tokens=TokenMemory())

    client.source_images.get(HASH)
    client.source_images.get(HASH)

    assert sent(server) == [
        (TOKEN_PATH, f"key {API_KEY}"),
        (IMAGE_PATH, f"Bearer {token}"),
        (IMAGE_PATH, f"Bearer {token}"),
    ]


@pytest.mark.parametrize("api_key", ["", API_KEY])
def test_token__about_to_end_is_renewed_by_itself(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    clock: FakeClock,
    api_key: str,
) -> None:
    old, new = make_token(clock, seconds=3599), make_token(clock, seconds=86400, mark="2")
    server.reply(issue(new), Reply(json=RECORDED))
    tokens = TokenMemory(old)

    make_client(tokens=tokens, api_key=api_key).source_images.get(HASH)

    assert sent(server) == [(TOKEN_PATH, f"Bearer {old}"), (IMAGE_PATH, f"Bearer {new}")]
    assert tokens.get() == new


@pytest.mark.parametrize(
    "claims", [{"seconds": 3601}, {"seconds": 10, "is_renewable": False}], ids=repr
)
def test_token__that_need_not_or_cannot_be_renewed_is_used(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    clock: FakeClock,
    claims: dict[str, Any],
) -> None:
    token = make_token(clock, **claims)
    server.reply(Reply(json=RECORDED))

    make_client(tokens=TokenMemory(token)).source_images.get(HASH)

    assert sent(server) == [(IMAGE_PATH, f"Bearer {token}")]


@pytest.mark.parametrize("stored", ["ended", "garbage", "a.b.c", ""])
def test_token__that_is_none_is_replaced(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    clock: FakeClock,
    stored: str,
) -> None:
    new = make_token(clock, seconds=86400)
    server.reply(issue(new), Reply(json=RECORDED))
    old = make_token(clock, seconds=-1) if stored == "ended" else stored

    make_client(tokens=TokenMemory(old)).source_images.get(HASH)

    assert sent(server) == [(TOKEN_PATH, f"key {API_KEY}"), (IMAGE_PATH, f"Bearer {new}")]


def test_token__that_is_missing_without_a_key_is_said_without_asking(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    client = make_client(tokens=TokenMemory(), api_key="")

    with pytest.raises(AuthenticationFailed) as caught:
        client.source_images.get(HASH)

    assert str(caught.value) == (
        "There is no valid token, and no API key to fetch one. Pass api_key, or store a new token."
    )
    assert caught.value.status == 401
    assert server.received == []


def test_token__whose_renewal_is_refused_serves_to_its_end(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = make_token(clock, seconds=60)
    server.reply(Reply(status=403), Reply(json=RECORDED))

    make_client(tokens=TokenMemory(token), api_key="").source_images.get(HASH)

    assert sent(server)[-1] == (IMAGE_PATH, f"Bearer {token}")
    assert "The token was not renewed: rokka refused" in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("reply", [Reply(status=503), Reply(status=403)], ids=repr)
def test_token__that_cannot_be_renewed_for_now_is_used_and_left_alone_for_a_minute(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    clock: FakeClock,
    reply: Reply,
) -> None:
    old, new = make_token(clock, seconds=1800), make_token(clock, seconds=86400, mark="2")
    server.reply(reply, Reply(json=RECORDED), Reply(json=RECORDED))
    client = make_client(tokens=TokenMemory(old), api_key="")
    client.source_images.get(HASH)
    client.source_images.get(HASH)
    clock.now += 61
    server.reply(issue(new), Reply(json=RECORDED))
    client.source_images.get(HASH)

    assert clock.slept == []
    assert sent(server) == [
        (TOKEN_PATH, f"Bearer {old}"),
        (IMAGE_PATH, f"Bearer {old}"),
        (IMAGE_PATH, f"Bearer {old}"),
        (TOKEN_PATH, f"Bearer {old}"),
        (IMAGE_PATH, f"Bearer {new}"),
    ]


def test_token__is_renewed_as_it_was_asked_for(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    first, second = make_token(clock, seconds=600), make_token(clock, seconds=600, mark="2")
    server.reply(issue(first), issue(second), Reply(json=RECORDED))
    client = make_client(tokens=TokenMemory())

    client.users.fetch_token(expires_in=600, ips=["10.0.0.5"])
    clock.now += 590
    client.source_images.get(HASH)

    query = "?expires_in=600&ips=10.0.0.5"
    assert [path for path, _ in sent(server)] == [
        TOKEN_PATH + query,
        TOKEN_PATH + query,
        IMAGE_PATH,
    ]


def test_token__from_a_file_with_its_line_end_is_none(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    token = make_token(clock, seconds=86400)

    with pytest.raises(AuthenticationFailed, match="There is no valid token"):
        make_client(tokens=TokenMemory(f"{token}\n"), api_key="").source_images.get(HASH)

    assert server.received == []


def test_token__of_a_store_that_is_false_is_kept_there(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    class Store(dict[str, str]):
        def get(self) -> str:  # type: ignore[override]  # the store's, not the dictionary's
            return self["token"] if self else ""

        def set(self, token: str, /) -> None:
            self["token"] = token

    store, token = Store(), make_token(clock, seconds=86400)
    server.reply(issue(token), Reply(json=RECORDED))

    make_client(tokens=store).source_images.get(HASH)

    assert store == {"token": token}


def test_deadline__includes_the_token(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    server.reply(*[Reply(status=503)] * 5)

    with pytest.raises(Timeout, match="within its deadline of 2 s"):
        make_client(tokens=TokenMemory()).source_images.get(HASH, deadline=2)


def test_deadline__does_not_wait_for_another_thread_that_fetches_a_token(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    client = make_client(tokens=TokenMemory(), clock=time)

    with client._session.credentials.lock, pytest.raises(Timeout, match="another thread is"):
        client.source_images.get(HASH, deadline=0.05)

    assert server.received == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork__does_not_inherit_a_renewal(server: ScriptedServer) -> None:
    server.reply(Reply(status=403))

    done = subprocess.run(
        [sys.executable, "-c", FORK, server.url],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    assert (done.stdout, done.stderr) == ("PermissionDenied\n", "")


def test_token__that_is_refused_is_dropped_and_replaced_once(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    old, new = make_token(clock, seconds=9999), make_token(clock, seconds=86400, mark="2")
    server.reply(Reply(status=401), issue(new), Reply(status=401))
    tokens = TokenMemory(old)

    with pytest.raises(AuthenticationFailed) as caught:
        make_client(tokens=tokens, retries=0).source_images.get(HASH)

    assert sent(server) == [
        (IMAGE_PATH, f"Bearer {old}"),
        (TOKEN_PATH, f"key {API_KEY}"),
        (IMAGE_PATH, f"Bearer {new}"),
    ]
    assert clock.slept == []
    assert str(caught.value) == (
        "rokka refused the token for organization 'acme' (401). Fetch a new one with an API key."
    )


def test_token__that_is_refused_without_a_key_leaves_the_store_empty(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    tokens = TokenMemory(make_token(clock, seconds=9999))
    server.reply(Reply(status=401, json={"error": "ip_not_allowed"}))

    with pytest.raises(AuthenticationFailed, match="ip_not_allowed"):
        make_client(tokens=tokens, api_key="").source_images.get(HASH)

    assert tokens.get() == ""
    assert len(server.received) == 1


def test_token__is_fetched_by_one_thread_for_all(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    token = make_token(clock, seconds=86400)
    server.reply(Reply(json={"token": token}, delay=0.1), *[Reply(json=RECORDED)] * 4)
    client = make_client(tokens=TokenMemory())

    threads = [threading.Thread(target=client.source_images.get, args=(HASH,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [path for path, _ in sent(server)] == [TOKEN_PATH, *[IMAGE_PATH] * 4]


@pytest.mark.parametrize(
    ("reply", "error"),
    [(Reply(status=400), InvalidRequest), (Reply(is_reset=True), ConnectionFailed)],
    ids=repr,
)
def test_token__that_cannot_be_fetched_is_the_calls_error(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    reply: Reply,
    error: type[Exception],
) -> None:
    server.reply(reply)

    with pytest.raises(error):
        make_client(tokens=TokenMemory(), retries=0).source_images.get(HASH)

    assert [path for path, _ in sent(server)] == [TOKEN_PATH]


def test_token__may_live_in_a_store_of_ones_own(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    class Store:
        kept: list[str] = []

        def get(self) -> str:
            return self.kept[-1] if self.kept else ""

        def set(self, token: str, /) -> None:
            self.kept.append(token)

    store, token = Store(), make_token(clock, seconds=86400)
    server.reply(issue(token), Reply(json=RECORDED))

    make_client(tokens=store).source_images.get(HASH)

    assert store.kept == [token]
    assert isinstance(store.kept[0], Secret)
