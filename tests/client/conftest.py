"""A server to speak to, a clock that does not wait, and clients that are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from django_rokka.client import RokkaClient

from tests.client.scripted_server import ScriptedServer

API_KEY = "Zq7SecretKeyNobodyMaySee4Xw9Pa2L"


class FakeClock:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer().serving() as server:
        yield server


@pytest.fixture
def make_client(server: ScriptedServer, clock: FakeClock) -> Iterator[Callable[..., RokkaClient]]:
    with ExitStack() as stack:

        def make(**options: Any) -> RokkaClient:
            defaults = {
                "organization": "acme",
                "api_key": API_KEY,
                "api_host": server.url,
                "clock": clock,
            }
            return stack.enter_context(RokkaClient(**{**defaults, **options}))

        yield make


@pytest.fixture
def client(make_client: Callable[..., RokkaClient]) -> RokkaClient:
    return make_client()
