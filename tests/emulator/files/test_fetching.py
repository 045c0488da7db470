"""Fetches from sites that take their time, and their end."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from werkzeug.exceptions import BadRequest

from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.emulator.files.fetching import fetch

from tests.emulator.conftest import Rokka

HEAD = b"HTTP/1.1 200 OK\r\nX: "
BODY = b"HTTP/1.1 200 OK\r\n\r\n"


class Dripping:
    """A site that begins to answer and never comes to an end."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_over = threading.Event()
        self.asked = threading.Semaphore(0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/a.png"
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        self._is_over.set()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        self._listener.settimeout(0.05)
        while not self._is_over.is_set():
            with suppress(OSError):
                connection, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._drip, args=[connection]))
                self._threads[-1].start()

    def _drip(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            connection.recv(10_000)
            connection.sendall(self._beginning)
            self.asked.release()
            while not self._is_over.wait(0.05):
                connection.sendall(b"y")


@pytest.fixture
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dripping]:
    monkeypatch.setenv("no_proxy", "*")
    made = Dripping(getattr(request, "param", HEAD))
    yield made
    made.close()


@pytest.mark.parametrize("site", [HEAD, BODY], indirect=True)
def test_fetch__ends_at_its_deadline_wherever_it_is(site: Dripping) -> None:
    start = time.monotonic()
    with pytest.raises(BadRequest, match=r"it takes more than 0\.5 seconds"):
        fetch(site.url, io.BytesIO(), deadline=0.5)
    assert time.monotonic() - start < 3


def test_close__ends_fetches(site: Dripping, emulator: Emulator) -> None:
    with ThreadPoolExecutor() as pool:
        with EmulatorServer(emulator) as server:
            rokka = Rokka(server)
            files = {"url[0]": (None, site.url)}
            answers = [
                pool.submit(Rokka(server).api, "POST", "/sourceimages/demo", files=files)
                for _ in range(4)
            ]
            for _ in answers:
                assert site.asked.acquire(timeout=10)
            start = time.monotonic()
        assert time.monotonic() - start < 5
        for answer in answers:
            assert "the emulator is closing" in answer.result().json()["error"]["message"]
        rokka.close()
