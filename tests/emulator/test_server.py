from __future__ import annotations

import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.conftest import Rokka

if sys.platform != "win32":
    import resource


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


def test_close__does_not_wait_for_heads(emulator: Emulator) -> None:
    with EmulatorServer(emulator) as server:
        connections = [connect(server) for _ in range(5)]
        for connection in connections:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        while len(threads()) < 6:
            time.sleep(0.01)
        time.sleep(0.05)
        start = time.monotonic()
    assert time.monotonic() - start < 2
    for connection in connections:
        connection.close()


def test_close__ends_many_stuck_requests_together(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_rokka.emulator.server._PATIENCE", 0.1)
    monkeypatch.setattr("django_rokka.emulator.server._LAST_SECONDS", 0.2)
    stuck = threading.Event()
    monkeypatch.setattr(emulator, "_dispatch", lambda _: stuck.wait(10))
    with EmulatorServer(emulator) as server:
        connections = [connect(server) for _ in range(4)]
        for connection in connections:
            connection.sendall(b"GET /operations HTTP/1.1\r\nHost: x\r\n\r\n")
        while len(threads()) < 5:
            time.sleep(0.01)
        time.sleep(0.1)
        start = time.monotonic()
    assert time.monotonic() - start < 2
    stuck.set()
    for connection in connections:
        connection.close()


def test_connections__beyond_the_ceiling_wait_for_their_turn(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_rokka.emulator.server._MAX_CONNECTIONS", 2)
    with EmulatorServer(emulator) as server:
        connections = [connect(server) for _ in range(3)]
        connections[2].sendall(b"GET /operations HTTP/1.1\r\nHost: x\r\n\r\n")
        before = time.process_time()
        time.sleep(0.5)
        assert (server.connections, time.process_time() - before < 0.2) == (2, True)
        connections[0].close()
        assert connections[2].recv(12) == b"HTTP/1.1 200"
        for connection in connections[1:]:
            connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no such limit")
def test_connections__without_a_file_to_spare_cost_no_time(emulator: Emulator) -> None:
    with EmulatorServer(emulator) as server, connect(server) as connection:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        other = socket.socket()
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (other.fileno() + 1, limits[1]))
            other.connect(connection.getpeername())
            before = time.process_time()
            time.sleep(0.5)
            spent = time.process_time() - before
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            other.close()
    assert spent < 0.2
