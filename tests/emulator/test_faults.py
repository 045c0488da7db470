from __future__ import annotations

import contextlib
import socket
import time

import pytest
import requests

from django_rokka.emulator import Emulator

from tests.emulator.conftest import API_KEY, Rokka
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
        *("text", {"loud": 1}, {"method": ["GET"]}, {"method": "get"}, {"body": 5}),
        *({"path": "("}, {"path": 5}, {"path": "a{99999999999}"}),
        *({"times": "3"}, {"times": True}, {"times": 0}, {"status": "abc"}, {"status": 99}),
        *(
            {"headers": 5},
            {"headers": {"a": 5}},
            {"headers": {"a": "b\nc"}},
            {"headers": {"Content-Length": "abc"}},
            {"headers": {"": "b"}},
        ),
        *({"delay": "1"}, {"delay": 1e300}, {"delay": -1}, {"delay": None}),
        *({"reset_after": -5}, {"reset_at": 1.5}, {"truncate_at": "3"}),
        *({"probability": 1.1}, {"probability": -0.1}, {"probability": "1"}, {"seed": "a"}),
        *({"corrupt": -1}, {"corrupt": True}, {"corrupt": 1_000_001}, {"struck": 3}),
    ],
)
def test_faults__must_be_faults(shared_rokka: Rokka, fault: object) -> None:
    answer = shared_rokka.api("POST", "/_emulator/faults", json=fault)
    assert answer.status_code == 400
    assert "must be" in answer.text or "unexpected keyword" in answer.text
    assert shared_rokka.api("GET", "/_emulator/faults").json() == []


def test_fault_for_ever__strikes_until_it_is_cleared(rokka: Rokka) -> None:
    rokka.api("POST", "/_emulator/faults", json={"times": None, "status": 503})
    assert {rokka.api("GET", "/stacks/demo").status_code for _ in range(20)} == {503}
    (fault,) = rokka.api("GET", "/_emulator/faults").json()
    assert (fault["struck"], fault["times"]) == (20, None)
    rokka.api("DELETE", "/_emulator/faults")
    assert rokka.api("GET", "/stacks/demo").status_code == 200


def test_faults__tell_how_often_they_struck(rokka: Rokka, emulator: Emulator) -> None:
    emulator.faults.add(times=3, status=503)
    rokka.api("GET", "/stacks/demo")
    (fault,) = rokka.api("GET", "/_emulator/faults").json()
    assert (fault["struck"], fault["times"]) == (1, 2)


def strikes(rokka: Rokka, count: int = 60, **fault: object) -> list[bool]:
    rokka.api("DELETE", "/_emulator/faults")
    rokka.api("POST", "/_emulator/faults", json={"times": None, "status": 503, **fault})
    return [rokka.api("GET", "/operations").status_code == 503 for _ in range(count)]


def test_probability__strikes_as_often_as_it_says(rokka: Rokka) -> None:
    assert 15 <= sum(strikes(rokka, probability=0.5, seed=1)) <= 45
    assert sum(strikes(rokka, probability=0)) == 0
    assert sum(strikes(rokka, probability=1)) == 60


def test_seed__repeats_a_run(rokka: Rokka) -> None:
    first = strikes(rokka, probability=0.5, seed=7)
    assert strikes(rokka, probability=0.5, seed=7) == first
    assert strikes(rokka, probability=0.5, seed=8) != first


def test_seed__that_was_drawn_is_shown_and_repeats_the_run(rokka: Rokka) -> None:
    first = strikes(rokka, probability=0.5)
    (fault,) = rokka.api("GET", "/_emulator/faults").json()
    assert strikes(rokka, probability=0.5, seed=fault["seed"]) == first


def test_fault_that_misses__leaves_the_request_to_the_next(
    rokka: Rokka, emulator: Emulator
) -> None:
    emulator.faults.add(probability=0, status=500)
    emulator.faults.add(status=503)
    assert rokka.api("GET", "/stacks/demo").status_code == 503


@pytest.mark.parametrize(("fault", "error"), [("reset_at", True), ("truncate_at", False)])
@pytest.mark.parametrize("length", [0, 10, 100_000])
def test_answer__is_reset_or_ended_in_the_middle(
    rokka: Rokka, emulator: Emulator, fault: str, length: int, *, error: bool
) -> None:
    image = rokka.upload(b"%PDF-" + b"x" * 300_000)
    emulator.faults.add(path="download$", **{fault: length})
    port = int(rokka.server.api_host.rpartition(":")[2])
    answered, was_reset = b"", False
    with socket.create_connection(("127.0.0.1", port)) as connection:
        path = f"/sourceimages/demo/{image['hash']}/download"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nApi-Key: {API_KEY}\r\n\r\n".encode())
        try:
            while block := connection.recv(100_000):
                answered += block
        except ConnectionResetError:
            was_reset = True
    head, _, body = answered.partition(b"\r\n\r\n")
    assert b"Content-Length: 300005" in head
    assert (was_reset, len(body)) == (error, length)


def test_corruption__changes_bytes_and_nothing_else(rokka: Rokka, emulator: Emulator) -> None:
    data = b"%PDF-" + bytes(range(256)) * 2000
    path = f"/sourceimages/demo/{rokka.upload(data)['hash']}/download"

    def ask(seed: int) -> bytes:
        emulator.faults.add(path="download$", corrupt=20, seed=seed)
        answer = rokka.api("GET", path)
        assert answer.headers["Content-Length"] == str(len(data))
        return answer.content

    first = ask(1)
    assert sum(a != b for a, b in zip(first, data, strict=True)) == 20
    assert ask(1) == first
    assert ask(2) != first
    assert rokka.api("GET", path).content == data


def test_corruption__takes_bodies_that_are_shorter(rokka: Rokka, emulator: Emulator) -> None:
    data = rokka.api("GET", "/sourceimages/demo").content
    emulator.faults.add(corrupt=1_000_000)
    spoilt = rokka.api("GET", "/sourceimages/demo").content
    assert all(a != b for a, b in zip(spoilt, data, strict=True))
    emulator.faults.add(corrupt=5)
    assert rokka.api("HEAD", "/sourceimages/demo").status_code == 200


def test_corruption__leaves_answers_without_a_body_alone(rokka: Rokka, emulator: Emulator) -> None:
    rokka.put_stack("thumb", {"operations": []})
    emulator.faults.add(corrupt=3)
    assert rokka.api("DELETE", "/stacks/demo/thumb").status_code == 204


def test_faults__spare_what_controls_the_emulator(rokka: Rokka, emulator: Emulator) -> None:
    emulator.faults.add(times=None, status=500)
    for path in ("faults", "stats", "clock", "requests", "overview"):
        assert rokka.api("GET", f"/_emulator/{path}").status_code == 200
    assert rokka.api("GET", "/", headers={"Accept": "text/html"}).status_code == 200
    assert rokka.api("GET", "/").status_code == 500
