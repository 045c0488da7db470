"""Connections that stay open, byte by byte."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from django_rokka.emulator import Emulator

from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import encode, halves

HEADERS = {"Api-Key": API_KEY}
GET = f"GET /stacks/demo HTTP/1.1\r\nHost: x\r\nApi-Key: {API_KEY}\r\n"


def address(rokka: Rokka) -> tuple[str, int]:
    return "127.0.0.1", int(rokka.server.api_host.rpartition(":")[2])


@pytest.fixture
def connection(rokka: Rokka) -> Iterator[HTTPConnection]:
    made = HTTPConnection(*address(rokka), timeout=10)
    yield made
    made.close()


@pytest.fixture
def raw(rokka: Rokka) -> Iterator[socket.socket]:
    with socket.create_connection(address(rokka), timeout=10) as made:
        yield made


def read_all(raw: socket.socket) -> bytes:
    received = b""
    while block := raw.recv(65_536):
        received += block
    return received


def read_head(raw: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        received += raw.recv(1)
    return received


def ask(connection: HTTPConnection, method: str, path: str, **options: Any) -> tuple[int, bytes]:
    connection.request(method, path, headers=HEADERS | options.pop("headers", {}), **options)
    with connection.getresponse() as response:
        return response.status, response.read()


def test_connection__carries_many_requests_without_stalls(
    rokka: Rokka, connection: HTTPConnection
) -> None:
    start = time.monotonic()
    for _ in range(100):
        assert ask(connection, "GET", "/stacks/demo") == (200, b'{"items": []}')
    # Delayed acknowledgements would take 40 ms each.
    assert time.monotonic() - start < 2
    assert rokka.server.connections == 1


def test_connection__goes_on_after_each_kind_of_answer(
    rokka: Rokka, connection: HTTPConnection
) -> None:
    image = rokka.upload(encode(halves(20, 10)))
    before = rokka.server.connections
    path = f"/render/demo/dynamic/noop/{image['hash']}.png"
    connection.request("GET", path)
    with connection.getresponse() as response:
        tag = response.headers["ETag"]
        response.read()
    assert ask(connection, "GET", path, headers={"If-None-Match": tag}) == (304, b"")
    assert ask(connection, "HEAD", path) == (200, b"")
    assert ask(connection, "PUT", "/stacks/demo/thumb", body=b"{}")[0] == 201
    assert ask(connection, "DELETE", "/stacks/demo/thumb") == (204, b"")
    assert ask(connection, "GET", "/nothing")[0] == 404
    assert ask(connection, "OPTIONS", "/stacks/demo") == (204, b"")
    assert ask(connection, "GET", "/stacks/demo")[0] == 200
    assert rokka.server.connections == before + 1


def test_head__has_the_length_of_the_body_it_leaves_out(connection: HTTPConnection) -> None:
    length = len(ask(connection, "GET", "/operations")[1])
    connection.request("HEAD", "/operations", headers=HEADERS)
    with connection.getresponse() as response:
        assert (response.headers["Content-Length"], response.read()) == (str(length), b"")
    assert ask(connection, "GET", "/stacks/demo")[0] == 200


@pytest.mark.parametrize("size", [1, 5000, 1_000_000])
@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}])
def test_unread_body__is_drained(
    rokka: Rokka, connection: HTTPConnection, size: int, headers: dict[str, str]
) -> None:
    body: Any = b"GET " + b"x" * size
    if headers:
        body = iter([body])
    connection.request("POST", "/nothing", body=body, headers=headers, encode_chunked=bool(headers))
    with connection.getresponse() as response:
        assert (response.status, response.headers["Connection"]) == (404, None)
        response.read()
    assert ask(connection, "GET", "/stacks/demo")[0] == 200
    assert rokka.server.connections == 1


def test_unread_body__that_is_large_ends_the_connection(connection: HTTPConnection) -> None:
    connection.request("POST", "/nothing", body=b"x" * 5_000_000)
    with connection.getresponse() as response:
        assert (response.status, response.headers["Connection"]) == (404, "close")
        assert b"There is no endpoint" in response.read()


def test_chunked_body__is_read(connection: HTTPConnection) -> None:
    body = iter([b'{"operations"', b": []}"])
    connection.request("PUT", "/stacks/demo/a", body=body, headers=HEADERS, encode_chunked=True)
    with connection.getresponse() as response:
        assert response.status == 201


def test_expectation__is_met_when_the_body_is_wanted(raw: socket.socket) -> None:
    raw.sendall(
        f"PUT /stacks/demo/a HTTP/1.1\r\nHost: x\r\nApi-Key: {API_KEY}\r\nContent-Length: 2\r\n"
        "Expect: 100-continue\r\n\r\n".encode()
    )
    assert read_head(raw) == b"HTTP/1.1 100 Continue\r\n\r\n"
    raw.sendall(b"{}")
    assert read_head(raw).startswith(b"HTTP/1.1 201 ")


def test_expectation__is_refused_before_the_body_is_sent(raw: socket.socket) -> None:
    raw.sendall(
        b"PUT /stacks/demo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n"
        b"Expect: 100-continue\r\n\r\n"
    )
    head = read_head(raw)
    assert head.startswith(b"HTTP/1.1 403 ")
    assert b"Connection: close\r\n" in head
    assert b"invalid_authentication" in read_all(raw)


@pytest.mark.parametrize("value", ["close", "Close", "TE, close"])
def test_close__is_honoured(raw: socket.socket, value: str) -> None:
    raw.sendall(f"{GET}Connection: {value}\r\n\r\n".encode())
    answer = read_all(raw)
    assert b"Connection: close\r\n" in answer
    assert answer.endswith(b'\r\n\r\n{"items": []}')


def test_http_1_0__ends_after_one_answer(raw: socket.socket) -> None:
    raw.sendall(f"{GET}\r\n".replace("HTTP/1.1", "HTTP/1.0").encode())
    answer = read_all(raw)
    assert b"Transfer-Encoding" not in answer
    assert answer.endswith(b'\r\n\r\n{"items": []}')


def test_http_1_0__goes_on_when_asked(raw: socket.socket) -> None:
    request = f"{GET}Connection: keep-alive\r\n\r\n".replace("HTTP/1.1", "HTTP/1.0").encode()
    raw.sendall(request)
    assert b"Connection: keep-alive\r\n" in read_head(raw)
    assert raw.recv(100) == b'{"items": []}'
    raw.sendall(request)
    assert read_head(raw).startswith(b"HTTP/1.1 200 ")


def test_requests__may_be_sent_ahead(raw: socket.socket) -> None:
    raw.sendall(f"{GET}\r\n{GET}\r\n{GET}Connection: close\r\n\r\n".encode())
    assert read_all(raw).count(b"HTTP/1.1 200 ") == 3


def write_request(method: str, body: bytes, *, is_chunked: bool, is_known: bool) -> bytes:
    path = "/stacks/demo" if is_known else "/nothing"
    key = API_KEY if is_known else "wrong"
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nApi-Key: {key}\r\n"
    if not is_chunked:
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk + b"0\r\n\r\n"


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.builds(
            write_request,
            st.sampled_from(["GET", "HEAD", "POST", "DELETE", "OPTIONS"]),
            st.one_of(st.binary(max_size=50), st.just(f"{GET}\r\n".encode())),
            is_chunked=st.booleans(),
            is_known=st.booleans(),
        ),
        max_size=6,
    )
)
def test_requests__are_never_mixed_up_with_bodies(shared_rokka: Rokka, sent: list[bytes]) -> None:
    with socket.create_connection(address(shared_rokka), timeout=10) as raw:
        raw.sendall(b"".join([*sent, f"{GET}Connection: close\r\n\r\n".encode()]))
        answer = read_all(raw)
    assert answer.count(b"HTTP/1.1 ") == len(sent) + 1
    assert answer.endswith(b'\r\n\r\n{"items": []}')


@pytest.mark.parametrize(
    "header",
    [
        "Content-Length: -1",
        "Content-Length: many",
        f"Content-Length: {'9' * 5000}",
        "Transfer-Encoding: gzip, chunked",
    ],
)
def test_length__that_is_not_clear_is_refused(raw: socket.socket, header: str) -> None:
    raw.sendall(f"{GET}{header}\r\n\r\n".encode())
    assert read_all(raw).startswith(b"HTTP/1.1 400 ")


def test_length__given_twice_ends_the_connection(raw: socket.socket) -> None:
    raw.sendall(
        f"{GET}Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{GET}\r\n".encode()
    )
    assert read_all(raw).count(b"HTTP/1.1 200 ") == 1


@pytest.mark.parametrize("body", [b"zz\r\n", b"5\r\nabc"])
def test_body__that_breaks_off_is_refused(raw: socket.socket, body: bytes) -> None:
    raw.sendall(
        f"PUT /stacks/demo/a HTTP/1.1\r\nHost: x\r\nApi-Key: {API_KEY}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
        + body
    )
    raw.shutdown(socket.SHUT_WR)
    answer = read_all(raw)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_request_line__that_is_too_long_is_refused(raw: socket.socket) -> None:
    raw.sendall(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n")
    assert raw.recv(12) == b"HTTP/1.1 414"


def test_target__that_is_no_url_is_refused(raw: socket.socket) -> None:
    raw.sendall(b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n")
    assert read_all(raw).startswith(b"HTTP/1.1 400 ")


def test_failure__is_answered_and_ends_the_connection(
    rokka: Rokka,
    emulator: Emulator,
    connection: HTTPConnection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(emulator.clock, "_base", None)
        connection.request("PUT", "/stacks/demo/secret-path", body=b"{}", headers=HEADERS)
        with connection.getresponse() as response:
            assert (response.status, response.headers["Connection"]) == (500, "close")
            assert json.loads(response.read())["error"]["code"] == 500
    assert "A request failed: TypeError at " in caplog.text
    assert "secret-path" not in caplog.text
    assert rokka.api("GET", "/stacks/demo").status_code == 200


def test_reset__leaves_later_connections_alone(rokka: Rokka, emulator: Emulator) -> None:
    emulator.faults.add(path="^/stacks", reset_after=0)
    with pytest.raises(requests.ConnectionError):
        rokka.api("GET", "/stacks/demo")
    assert rokka.api("GET", "/stacks/demo").status_code == 200


def answer_oddly(rokka: Rokka, *blocks: bytes, **headers: str) -> None:
    """Put another application behind the server, for answers the emulator does not give."""

    def application(_environ: Any, start_response: Any) -> list[bytes]:
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        start_response("200 OK", named)
        return list(blocks)

    rokka.server._server.app = application


def test_answer__without_a_length_comes_in_chunks(rokka: Rokka, raw: socket.socket) -> None:
    answer_oddly(rokka, b"one", b"", b"two")
    raw.sendall(f"{GET}Connection: close\r\n\r\n".encode())
    head, _, body = read_all(raw).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


def test_answer__without_a_length_ends_a_connection_of_http_1_0(
    rokka: Rokka, raw: socket.socket
) -> None:
    answer_oddly(rokka, b"one", b"two")
    request = f"{GET}Connection: keep-alive\r\n\r\n".replace("HTTP/1.1", "HTTP/1.0")
    raw.sendall(request.encode())
    head, _, body = read_all(raw).partition(b"\r\n\r\n")
    assert (b"Connection: close" in head, body) == (True, b"onetwo")


def test_answer__that_is_shorter_than_it_said_ends_the_connection(
    rokka: Rokka, raw: socket.socket
) -> None:
    answer_oddly(rokka, b"one", Content_Length="10")
    raw.sendall(f"{GET}\r\n".encode())
    assert read_all(raw).endswith(b"\r\n\r\none")


def test_failure__in_the_middle_ends_the_connection(rokka: Rokka, raw: socket.socket) -> None:
    answer_oddly(rokka, b"one", "no bytes", Content_Length="10")  # type: ignore[arg-type] # a failure
    raw.sendall(f"{GET}\r\n".encode())
    answer = read_all(raw)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\none")


CHUNKED = b"POST /users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
LENGTH = b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        LENGTH + b"Content-Length: 40\r\n\r\n{}",
        b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length : 40\r\n\r\n",
        b"POST /users HTTP/1.1\r\nHost: x\r\nno header\r\nContent-Length: 40\r\n\r\n",
        CHUNKED + b"Transfer-Encoding: identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"\r\n+2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"\r\n2_0\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_framing__that_others_may_read_in_another_way_is_refused(
    raw: socket.socket, request_: bytes
) -> None:
    raw.sendall(request_ + SMUGGLED)
    answer = read_all(raw)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_chunks__may_have_extensions(raw: socket.socket) -> None:
    body = b'{"email": "a@example.com"}'
    raw.sendall(CHUNKED + b"Connection: close\r\n\r\n%x;x=y\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    assert read_all(raw).startswith(b"HTTP/1.1 200 ")
