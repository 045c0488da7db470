"""An emulator behind a real server, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.pictures import decode

API_KEY = "emulators-own-key"
SIGNING_KEY = "emulators-signing-key"


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Rokka:
    """What the tests ask of a served emulator."""

    def __init__(self, server: EmulatorServer) -> None:
        self.server = server
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Api-Key": API_KEY, **options.pop("headers", {})}
        url = f"{self.server.api_host}{path}"
        return self._session.request(method, url, headers=headers, timeout=60, **options)

    def post_file(self, data: bytes, name: str = "picture.png", **fields: str) -> requests.Response:
        return self.api("POST", "/sourceimages/demo", files={"filedata": (name, data)}, data=fields)

    def upload(self, data: bytes, name: str = "picture.png", **fields: str) -> dict[str, Any]:
        response = self.post_file(data, name, **fields)
        assert response.status_code == 200, response.text
        item: dict[str, Any] = response.json()["items"][0]
        return item

    def render(self, path: str, *, method: str = "GET", **headers: str) -> requests.Response:
        url = f"{self.server.render_host}{path}"
        return self._session.request(method, url, headers=headers, timeout=60)

    def picture(self, path: str, **headers: str) -> Image.Image:
        response = self.render(path, **headers)
        assert response.status_code == 200, response.text
        return decode(response.content)

    def put_stack(self, name: str, definition: Any, **query: str) -> requests.Response:
        return self.api("PUT", f"/stacks/demo/{name}", json=definition, params=query)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emulator(tmp_path: Path, clock: Clock) -> Iterator[Emulator]:
    made = Emulator(root=tmp_path / "rokka", api_key=API_KEY, signing_key=SIGNING_KEY, clock=clock)
    yield made
    made.close()


@pytest.fixture
def rokka(emulator: Emulator) -> Iterator[Rokka]:
    with EmulatorServer(emulator) as server:
        client = Rokka(server)
        yield client
        client.close()


@pytest.fixture(scope="module")
def shared_rokka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rokka]:
    """One for the many examples of a property."""
    emulator = Emulator(root=tmp_path_factory.mktemp("rokka"), api_key=API_KEY)
    with EmulatorServer(emulator) as server:
        client = Rokka(server)
        yield client
        client.close()
