from __future__ import annotations

import contextlib
import socket
import time

import pytest
import requests

from django_rokka.emulator import Emulator

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves


def test_status__comes_as_often_as_asked(rokka: Rokka, emulator: Emulator) -> None:
    emulator.faults.add(
        method="GET", path="^/stacks", times=2, status=503, headers={"Retry-After": "7"}
    )
    assert rokka.api("GET", "/operations").status_code == 200
    answers = [rokka.api("GET", "/stacks/demo") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].json()["error"]["code"] == 503


def test_body__is_what_was_given(rokka: Rokka, emulator: Emulator) -> None:
    emulator.faults.add(status=200, body="no json")
    assert rokka.api("GET", "/stacks/demo").text == "no json"


def test_delay__is_waited_for(rokka: Rokka, emulator: Emulator) -> None:
    emulator.faults.add(delay=0.2)
    start = time.monotonic()
    assert rokka.api("GET", "/stacks/demo").status_code == 200
    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_reset__breaks_an_upload(rokka: Rokka, emulator: Emulator, size: int) -> None:
    emulator.faults.add(method="POST", reset_after=5)
    with pytest.raises(requests.ConnectionError):
        rokka.post_file(b"x" * size)
    assert rokka.post_file(encode(halves(9, 9))).status_code == 200


def test_reset__answers_nothing_more(rokka: Rokka, emulator: Emulator) -> None:
    emulator.faults.add(method="POST", reset_after=5)
    port = int(rokka.server.api_host.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
        answered = b""
        # Broken while it sends, or while it waits for the answer.
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"x" * 200_000)
            answered = connection.recv(1000)
    assert answered == b""


@pytest.mark.parametrize("length", [10, 100_000])
def test_truncation__ends_a_body_early(rokka: Rokka, emulator: Emulator, length: int) -> None:
    image = rokka.upload(b"%PDF-" + b"x" * 300_000)
    emulator.faults.add(path="download$", truncate_at=length)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        rokka.api("GET", f"/sourceimages/demo/{image['hash']}/download")


def test_faults__are_added_over_http(rokka: Rokka) -> None:
    answer = rokka.api("POST", "/_emulator/faults", json={"path": "^/stacks", "status": 429})
    assert [fault["status"] for fault in answer.json()] == [429]
    assert rokka.api("GET", "/stacks/demo").status_code == 429
    assert rokka.api("GET", "/_emulator/faults").json() == []


def test_faults__can_be_forgotten(rokka: Rokka) -> None:
    rokka.api("POST", "/_emulator/faults", json={"path": "^/stacks", "status": 500})
    assert rokka.api("DELETE", "/_emulator/faults").json() == []
    assert rokka.api("GET", "/stacks/demo").status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        *("text", {"loud": 1}, {"method": ["GET"]}, {"body": 5}),
        *({"path": "("}, {"path": 5}, {"path": "a{99999999999}"}),
        *({"times": "3"}, {"times": None}, {"times": 0}, {"status": "abc"}, {"status": 99}),
        *(
            {"headers": 5},
            {"headers": {"a": 5}},
            {"headers": {"a": "b\nc"}},
            {"headers": {"": "b"}},
        ),
        *({"delay": "1"}, {"delay": 1e300}, {"delay": -1}, {"delay": None}),
        *({"reset_after": -5}, {"truncate_at": "3"}),
    ],
)
def test_faults__must_be_faults(shared_rokka: Rokka, fault: object) -> None:
    assert shared_rokka.api("POST", "/_emulator/faults", json=fault).status_code == 400
    assert shared_rokka.api("GET", "/_emulator/faults").json() == []
