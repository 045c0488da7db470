"""What goes over the wire, and what does not."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
import requests

from django_rokka import __version__
from django_rokka.client import RokkaClient
from django_rokka.client.multipart import BLOCK_SIZE
from django_rokka.exceptions import APIError, InvalidName, ServerError, Timeout

from tests.client.conftest import API_KEY, FakeClock
from tests.client.samples import HASH, RECORDED, uploaded
from tests.client.scripted_server import Reply, ScriptedServer


def test_request__has_these_headers(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED))

    client.source_images.get(HASH)

    sent = dict(server.received[0].headers)
    assert {name: sent[name] for name in ("Accept", "Api-Key", "Api-Version", "User-Agent")} == {
        "Accept": "application/json",
        "Api-Key": API_KEY,
        "Api-Version": "1",
        "User-Agent": f"django-rokka/{__version__}",
    }


def test_request__without_a_key_has_no_key_header(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    server.reply(Reply(json=RECORDED))

    make_client(api_key="").source_images.get(HASH)

    assert "Api-Key" not in server.received[0].headers


def test_request__quotes_each_segment(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.request("GET", "/a%2F..%2Fb%3Fc%23d:e%20%C3%BC/x", parameters={"b": "1 2", "a": "[é}"})

    assert server.received[0].target == "/a%2F..%2Fb%3Fc%23d:e%20%C3%BC/x?a=%5B%C3%A9%7D&b=1%202"


@pytest.mark.parametrize("path", ["//", "/a//b", "/a/./b", "/a/%2e%2e/b"])
def test_request__refuses_segments_that_mean_another_path(
    client: RokkaClient, server: ScriptedServer, path: str
) -> None:
    with pytest.raises(InvalidName, match=r"'\.{0,2}' cannot be a part of the path"):
        client.request("GET", path)

    assert server.received == []


@pytest.mark.parametrize(
    "path", ["", "stacks", "/stacks/acme?limit=1", "/stacks#a", "https://api.rokka.io/stacks"]
)
def test_request__refuses_what_is_no_path(
    client: RokkaClient, server: ScriptedServer, path: str
) -> None:
    with pytest.raises(InvalidName, match="begin with '/', leave out the host, and pass a query"):
        client.request("GET", path)

    assert server.received == []


def test_request__may_ask_for_the_root(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"resources": []}))

    assert client.request("get", "/") == {"resources": []}
    assert server.received[0].line == ("GET", "/")


@pytest.mark.parametrize(
    ("method", "path", "count"),
    [("get", "/a", 2), ("DELETE", "/stacks/acme/x/cache", 1), ("POST", "/a", 1), ("PUT", "/a", 1)],
)
def test_request__is_repeated_where_that_does_no_harm(
    client: RokkaClient, server: ScriptedServer, method: str, path: str, count: int
) -> None:
    server.reply(Reply(status=502), Reply(status=204))

    with suppress(ServerError):
        client.request(method, path)

    assert len(server.received) == count


@pytest.mark.parametrize("organization", ["../x", "a/b", "a?b", "é", "A", "a b"])
def test_request__refuses_what_is_no_organization(
    client: RokkaClient, server: ScriptedServer, organization: str
) -> None:
    with pytest.raises(InvalidName) as caught:
        client.aliases.get("logo", organization=organization)

    assert str(caught.value) == (
        f"{organization!r} is no organization: use lower-case letters, digits and '-'."
    )
    assert server.received == []


def test_request__knows_no_netrc(
    client: RokkaClient,
    server: ScriptedServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.reply(Reply(json=RECORDED))

    client.source_images.get(HASH)

    assert "Authorization" not in server.received[0].headers


def test_request__goes_through_the_proxy_of_the_environment(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.reply(Reply(json=RECORDED))

    make_client(api_host="http://rokka.test").source_images.get(HASH)

    assert server.received[0].target == f"http://rokka.test/sourceimages/acme/{HASH}"


def test_request__follows_no_redirect(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=307, headers={"Location": "http://evil.test/x?token=1"}))

    with pytest.raises(APIError) as caught:
        client.source_images.get(HASH)

    assert str(caught.value) == (
        f"{server.url} answered GET /sourceimages/acme/{HASH} with a redirect to"
        " 'http://evil.test/x' (307). It is not followed, because the API key must not travel."
        " Check the option api_host."
    )
    assert len(server.received) == 1


def test_request__reuses_its_connection(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED), Reply(status=404), Reply(status=204))

    client.source_images.get(HASH)
    with pytest.raises(LookupError):
        client.source_images.get(HASH)
    client.source_images.delete(HASH)

    assert len({request.port for request in server.received}) == 1


def test_request__of_another_thread_has_a_connection_of_its_own(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json=RECORDED), Reply(json=RECORDED))

    client.source_images.get(HASH)
    thread = threading.Thread(target=client.source_images.get, args=(HASH,))
    thread.start()
    thread.join()

    assert len({request.port for request in server.received}) == 2


def test_upload__is_sent_in_blocks_with_its_length(
    client: RokkaClient, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    send = http.client.HTTPConnection.send

    def record(self: http.client.HTTPConnection, data: bytes) -> None:
        sizes.append(len(data))
        send(self, data)

    monkeypatch.setattr(http.client.HTTPConnection, "send", record)
    content = b"x" * 800_000
    server.reply(Reply(json=uploaded(content)))

    client.source_images.create(content, name="a.jpg")

    head = server.received[0].headers
    assert "Transfer-Encoding" not in head
    assert int(head["Content-Length"]) == len(server.received[0].body)
    assert sizes[2:-1] == [*[BLOCK_SIZE] * 3, 800_000 - 3 * BLOCK_SIZE]


def test_timeout__is_a_typed_error(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    server.reply(Reply(delay=0.5))

    with pytest.raises(Timeout) as caught:
        make_client(timeout=(5, 0.1), retries=0).source_images.get(HASH)

    assert str(caught.value) == (
        f"No answer in time to GET {server.url}/sourceimages/acme/{HASH}. Try again later, or"
        " raise the option timeout or the call's deadline."
    )


def test_deadline__shortens_the_timeout(server: ScriptedServer) -> None:
    server.reply(Reply(delay=0.5))

    with (
        RokkaClient(organization="acme", api_key=API_KEY, api_host=server.url) as client,
        pytest.raises(Timeout) as caught,
    ):
        client.source_images.get(HASH, deadline=0.1)

    assert (
        f"GET {server.url}/sourceimages/acme/{HASH} did not succeed within its deadline of 0.1"
        in str(caught.value)
    )


def test_deadline__ends_the_retries(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.reply(*[Reply(status=503)] * 5)
    started = clock.now

    with pytest.raises(
        Timeout, match=r"within its deadline of 3 s\. The last try: rokka fail"
    ) as caught:
        client.source_images.get(HASH, deadline=3)

    assert (caught.value.status, caught.value.method) == (503, "GET")
    assert clock.now - started < 3
    assert 1 < len(server.received) < 5


def test_deadline__ends_an_upload_between_two_blocks(
    client: RokkaClient, server: ScriptedServer, clock: FakeClock
) -> None:
    class Slow(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            clock.now += 1
            return super().read(size)

    slow = Slow(b"x" * 1_000_000)
    with pytest.raises(Timeout):
        client.source_images.create(slow, name="a.jpg", deadline=5)

    assert slow.tell() < 10 * BLOCK_SIZE


def test_log__has_a_line_for_each_call_and_a_warning_for_each_retry(
    client: RokkaClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="django_rokka.client")
    answered = Reply(json=RECORDED, headers={"X-Request-Id": "r-1"})
    server.reply(Reply(status=502), Reply(is_reset=True), answered)

    client.source_images.get(HASH)

    lines = [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name == "django_rokka.client"
    ]
    path = f"/sourceimages/acme/{HASH}"
    assert [level for level, _ in lines] == ["DEBUG", "WARNING", "DEBUG", "WARNING", "DEBUG"]
    assert [text for level, text in lines if level == "DEBUG"] == [
        f"GET {path} 502 0 ms (attempt 1, organization acme)",
        f"GET {path} ConnectionError 0 ms (attempt 2, organization acme)",
        f"GET {path} 200 0 ms (attempt 3, organization acme, request 'r-1')",
    ]


def test_upload__may_be_slower_than_the_timeout_to_connect(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    content = b"x" * 8_000_000  # more than the buffers of a connection hold
    server.reply(Reply(json=uploaded(content), reads_after=0.6))

    make_client(timeout=(0.2, 10), retries=0).source_images.create(content, name="a.jpg")

    assert len(server.received) == 1


def test_redirect__is_not_read(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    headers = {"Location": "http://[broken"}
    server.reply(Reply(status=301, headers=headers, body=b"x" * 1000, missing=1_000_000))

    with pytest.raises(APIError, match=r"with a redirect to 'http://\[broken' \(301\)"):
        make_client(retries=0).source_images.get(HASH)


def test_session__of_ones_own_is_used(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    made: list[requests.Session] = []

    def make_session() -> requests.Session:
        made.append(requests.Session())
        made[-1].headers["X-Team"] = "shop"
        return made[-1]

    server.reply(Reply(json=RECORDED), Reply(json=RECORDED))
    client = make_client(session=make_session)

    client.source_images.get(HASH)
    client.source_images.get(HASH)

    assert len(made) == 1
    assert [request.headers["X-Team"] for request in server.received] == ["shop", "shop"]


def test_request__refuses_half_a_character(client: RokkaClient, server: ScriptedServer) -> None:
    with pytest.raises(InvalidName, match=r"'\\ud800' has half a character"):
        client.request("GET", "/a", parameters={"b": "\ud800"})

    assert server.received == []
