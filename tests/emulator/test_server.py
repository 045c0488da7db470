from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.conftest import Rokka


def connect(server: EmulatorServer) -> socket.socket:
    host, port = server.api_host.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rokka-")]


def test_connections__are_counted(rokka: Rokka) -> None:
    assert rokka.server.connections == 0
    for _ in range(3):
        rokka.api("GET", "/operations")
    assert rokka.server.connections == 1
    rokka.api("GET", "/operations", headers={"Connection": "close"})
    rokka.api("GET", "/operations")
    assert rokka.server.connections == 2


def test_idle_connection__ends_after_a_while(emulator: Emulator) -> None:
    with EmulatorServer(emulator, idle_timeout=0.05) as server, connect(server) as connection:
        assert connection.recv(1) == b""


def test_close__does_not_wait_for_idle_connections(emulator: Emulator) -> None:
    with EmulatorServer(emulator) as server:
        connections = [connect(server) for _ in range(20)]
        connections[0].sendall(b"GET /operations HTTP/1.1\r\nHost: x\r\n\r\n")
        connections[0].recv(100_000)
        start = time.monotonic()
    assert time.monotonic() - start < 1
    assert threads() == []
    for connection in connections:
        connection.close()


def test_close__lets_requests_come_to_their_end(emulator: Emulator) -> None:
    emulator.faults.add(delay=60)
    with ThreadPoolExecutor() as pool:
        with EmulatorServer(emulator) as server:
            rokka = Rokka(server)
            answer = pool.submit(rokka.api, "GET", "/stacks/demo")
            while emulator.faults.as_json():
                time.sleep(0.01)
            start = time.monotonic()
        # The delay is cut short.
        assert time.monotonic() - start < 5
        assert answer.result().status_code == 200
        rokka.close()
    assert threads() == []


def test_close__ends_requests_that_are_stuck(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_rokka.emulator.server._PATIENCE", 0.1)
    with EmulatorServer(emulator) as server:
        connection = connect(server)
        connection.sendall(b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        while len(threads()) < 2:
            time.sleep(0.01)
        time.sleep(0.05)
    assert threads() == []
    connection.close()


def test_close__may_come_twice_or_without_serving(emulator: Emulator) -> None:
    server = EmulatorServer(emulator)
    server.close()
    server.close()


def test_server__names_a_taken_port(rokka: Rokka, emulator: Emulator) -> None:
    port = int(rokka.server.api_host.rpartition(":")[2])
    with pytest.raises(OSError, match=f"Cannot listen on 127.0.0.1:{port} .* Choose another port"):
        EmulatorServer(emulator, port=port)


def test_close__does_not_wait_for_bodies_that_nobody_reads(emulator: Emulator) -> None:
    with EmulatorServer(emulator) as server:
        connection = connect(server)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n")
        while connection.recv(1000):
            pass
        start = time.monotonic()
    assert time.monotonic() - start < 1
    connection.close()
