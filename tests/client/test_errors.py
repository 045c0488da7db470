"""Refusals in words: what was tried, what rokka said, what helps."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import closing
from threading import Thread
from typing import Any

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import (
    AliasExists,
    APIError,
    AuthenticationFailed,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    OrganizationNotFound,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    ServerError,
    Timeout,
)

from tests.client.samples import BAD_KEY, HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

PATH = f"/sourceimages/acme/{HASH}"

STATUSES = [
    (400, InvalidRequest),
    (401, AuthenticationFailed),
    (403, PermissionDenied),
    (404, NotFound),
    (409, Conflict),
    (412, PreconditionFailed),
    (413, InvalidRequest),
    (415, InvalidRequest),
    (422, InvalidRequest),
    (423, APIError),
    (429, RateLimited),
    (500, ServerError),
    (501, ServerError),
    (503, ServerError),
]

SHAPES: list[tuple[Any, str]] = [
    ({"error": {"code": 400, "message": "Field name is not valid."}}, "Field name is not valid."),
    ({"code": 400, "message": "No."}, "No."),
    ({"error": "totp_invalid"}, "totp_invalid"),
    ({"status": "too many requests"}, "too many requests"),
    ({"message": {"odd": 1}}, ""),
    ({"error": None}, ""),
    ({}, ""),
    ([], "[]"),
    ("text", '"text"'),
]

MESSAGES = [
    (
        Reply(status=403, json=BAD_KEY),
        AuthenticationFailed,
        (
            "rokka refused the API key for organization 'acme' (403: API credentials are not"
            " supplied or not a valid format.). Check the option api_key of the storage, or"
            " ROKKA_API_KEY."
        ),
    ),
    (
        Reply(status=401, json={"error": "key_expired"}),
        AuthenticationFailed,
        (
            "rokka refused the API key for organization 'acme' (401: key_expired). Check the option"
            " api_key of the storage, or ROKKA_API_KEY."
        ),
    ),
    (
        Reply(status=403, json={"error": {"code": 403, "message": "Forbidden"}}),
        PermissionDenied,
        (
            f"rokka refused GET {PATH} (403: Forbidden). The API key lacks a role in organization"
            " 'acme', or its account lacks the feature. Check both at rokka."
        ),
    ),
    (
        Reply(status=404, json={"error": {"code": 404, "message": "No source image found"}}),
        NotFound,
        (
            f"There is no source image '{HASH}' in organization 'acme' at HOST (404: No source"
            " image found). Check it, and the option organization."
        ),
    ),
    (
        Reply(status=429, headers={"Retry-After": "120"}),
        RateLimited,
        f"rokka takes no more calls like GET {PATH} for now (429). Try again in 120 s.",
    ),
    (
        Reply(status=500, body=b"<h1>Oops</h1>"),
        ServerError,
        f"rokka failed at GET {PATH} (500: <h1>Oops</h1>). Try again later.",
    ),
    (
        Reply(status=400, json={"error": {"message": "Bad name"}}),
        InvalidRequest,
        f"rokka does not accept GET {PATH} (400: Bad name). Change what is sent.",
    ),
    (
        Reply(status=409, json={"error": {"message": "It exists"}}),
        Conflict,
        f"rokka does not accept GET {PATH} (409: It exists). Change what is sent.",
    ),
    (
        Reply(body=b"<html>"),
        ServerError,
        (
            f"The answer to GET {PATH} is no JSON (6 bytes). Check the option api_host, or try"
            " again later."
        ),
    ),
    (
        Reply(json={"hash": HASH}),
        ServerError,
        (
            f"The answer to GET {PATH} is not what rokka documents (KeyError: 'short_hash')"
            " (52 bytes). Check the option api_host, or try again later."
        ),
    ),
]


@pytest.fixture
def ask(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> Callable[[Reply], APIError]:
    """Have a question answered like this, and return the error."""

    def ask(reply: Reply) -> APIError:
        server.reply(reply)
        with pytest.raises(APIError) as caught:
            make_client(retries=0).source_images.get(HASH)
        return caught.value

    return ask


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_status__becomes_a_type(
    ask: Callable[[Reply], APIError], status: int, kind: type[APIError]
) -> None:
    error = ask(Reply(status=status))

    assert (type(error), error.status, error.method, error.path, error.detail, error.body) == (
        kind,
        status,
        "GET",
        PATH,
        "",
        "",
    )


@pytest.mark.parametrize(("body", "detail"), SHAPES)
def test_body__of_any_shape_is_read(
    ask: Callable[[Reply], APIError], body: object, detail: str
) -> None:
    assert ask(Reply(status=400, json=body)).detail == detail


@pytest.mark.parametrize("body", [b"\xff\xfe", b"<h1>Bad\n  Gateway</h1>", b"{", b""])
def test_body__may_be_no_json(ask: Callable[[Reply], APIError], body: bytes) -> None:
    expected = " ".join(body.decode(errors="replace").split())

    assert ask(Reply(status=502, body=body)).detail == expected


def test_detail__is_shortened(ask: Callable[[Reply], APIError]) -> None:
    assert ask(Reply(status=500, body=b"x" * 1_000_000)).detail == "x" * 300


@pytest.mark.parametrize(("reply", "kind", "message"), MESSAGES)
def test_message__says_what_helps(
    ask: Callable[[Reply], APIError],
    server: ScriptedServer,
    reply: Reply,
    kind: type[APIError],
    message: str,
) -> None:
    error = ask(reply)

    assert (type(error), str(error)) == (kind, message.replace("HOST", server.url))


def test_organization__that_does_not_exist_is_named(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=404), Reply(status=404))

    with pytest.raises(OrganizationNotFound) as upload:
        client.source_images.create(b"x", name="a.jpg")
    with pytest.raises(OrganizationNotFound) as page:
        client.stacks.list(organization="other")

    remedy = "Check the option organization of the storage, or ROKKA_ORGANIZATION."
    assert str(upload.value) == (f"There is no organization 'acme' at {server.url} (404). {remedy}")
    assert str(page.value) == f"There is no organization 'other' at {server.url} (404). {remedy}"


def test_connection__refused_is_said(make_client: Callable[..., RokkaClient]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        host = f"http://127.0.0.1:{unused.getsockname()[1]}"

    with pytest.raises(ConnectionFailed) as caught:
        make_client(api_host=host, retries=0).source_images.get(HASH)

    assert str(caught.value) == (
        f"No connection to {host} for GET {PATH} (connection refused). Check the network and the"
        " option api_host."
    )


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(is_reset=True), "the connection broke"),
        (Reply(body=b"{", missing=5), "the answer broke off"),
    ],
)
def test_connection__broken_is_said(
    make_client: Callable[..., RokkaClient],
    server: ScriptedServer,
    reply: Reply,
    reason: str,
) -> None:
    server.reply(reply)

    with pytest.raises(ConnectionFailed, match=f"for GET {PATH} \\({reason}\\)") as caught:
        make_client(retries=0).source_images.get(HASH)

    assert not isinstance(caught.value, Timeout)


def test_connection__to_no_http_server_is_said(make_client: Callable[..., RokkaClient]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def babble() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(b"220 mail.test ESMTP\r\n")

        thread = Thread(target=babble)
        thread.start()
        host = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ConnectionFailed):
            make_client(api_host=host, retries=0).source_images.get(HASH)
        thread.join()


@pytest.mark.parametrize("host", ["http://nowhere.invalid", "http://a..b", "http://*.test"])
def test_connection__to_a_host_that_cannot_be_is_said(
    make_client: Callable[..., RokkaClient], host: str
) -> None:
    with pytest.raises(ConnectionFailed, match="Check the network and the option api_host"):
        make_client(api_host=host, retries=0).source_images.get(HASH)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("The organization 'acme' does not exist.", OrganizationNotFound),
        ("Organisation not found", OrganizationNotFound),
        ("No source image found", NotFound),
        ("No source image found in organization acme", NotFound),
        ("No alias 'organization' found in 'acme'.", NotFound),
        ("Nothing called 'organization' here", NotFound),
        ("The stack is not one of this organization", NotFound),
        ("", NotFound),
    ],
)
def test_not_found__is_of_the_organization_when_rokka_speaks_of_nothing_else(
    ask: Callable[[Reply], APIError], words: str, kind: type[APIError]
) -> None:
    assert type(ask(Reply(status=404, json={"error": {"code": 404, "message": words}}))) is kind


def test_alias__that_exists_is_said(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=409, json={"error": {"message": "It exists"}}))

    with pytest.raises(AliasExists) as caught:
        client.aliases.create("logo", HASH)

    assert str(caught.value) == (
        "rokka has it already: PUT /sourceimages/acme/alias/logo (409: It exists). Pass"
        " overwrite=True to replace it."
    )


def test_feature__that_costs_is_named(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=403, json={"error": {"code": 403, "message": "Upgrade"}}))

    with pytest.raises(PermissionDenied) as caught:
        client.aliases.invalidate_cache("logo")

    assert caught.value.feature == "clearing the cache of an alias"
    assert str(caught.value) == (
        "rokka refused DELETE /sourceimages/acme/alias/logo/cache (403: Upgrade). The API key lacks"
        " a role in organization 'acme', or its account lacks the feature (clearing the cache of an"
        " alias). Check both at rokka."
    )


def test_body__is_kept_on_the_error(ask: Callable[[Reply], APIError]) -> None:
    assert ask(Reply(status=400, body=b'{"more": "than words"}')).body == '{"more": "than words"}'


def test_connection__refused_names_the_call(make_client: Callable[..., RokkaClient]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        host = f"http://127.0.0.1:{unused.getsockname()[1]}"

    with pytest.raises(ConnectionFailed) as caught:
        make_client(api_host=host, retries=0).source_images.get(HASH)

    error = caught.value
    assert (error.status, error.method, error.path, error.body) == (0, "GET", PATH, "")


def test_body__in_pieces_is_read_whole(ask: Callable[[Reply], APIError]) -> None:
    body = json.dumps(BAD_KEY).encode()

    error = ask(Reply(status=403, chunks=(body[:40], body[40:])))

    assert isinstance(error, AuthenticationFailed)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=403, body=b'{"code": 403, "mess', missing=20),
        Reply(status=403, body=b"plain", headers={"Content-Encoding": "gzip"}),
    ],
    ids=repr,
)
def test_body__that_breaks_off_leaves_the_status(
    ask: Callable[[Reply], APIError], server: ScriptedServer, reply: Reply
) -> None:
    assert (type(ask(reply)), len(server.received)) == (PermissionDenied, 1)


@pytest.mark.parametrize(
    "text", ["999999999999", "Wed, 21 Oct 2015 07:28:00 +9999999", "1" * 400, "-1"]
)
def test_retry_after__that_no_calendar_has_is_passed_over(
    ask: Callable[[Reply], APIError], text: str
) -> None:
    error = ask(Reply(status=429, headers={"Retry-After": text}))

    assert isinstance(error, RateLimited)
    assert error.retry_at is None


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**RECORDED, "size": 1}).replace('"size": 1', '"size": 1e999').encode(),
        b"1" * 5000,
        b"[" * 100_000,
    ],
    ids=["infinite", "long", "deep"],
)
def test_answer__that_python_cannot_hold_is_unreadable(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, body: bytes
) -> None:
    server.reply(Reply(body=body))

    with pytest.raises(ServerError, match="The answer to GET"):
        make_client(retries=0).source_images.get(HASH)


def test_member__that_is_missing_is_no_missing_organization(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=404, json={"message": "User is not a member of this organization"}))

    with pytest.raises(NotFound) as caught:
        client.memberships.get("somebody")

    assert not isinstance(caught.value, OrganizationNotFound)
