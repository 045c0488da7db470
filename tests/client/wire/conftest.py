"""The emulator behind a real server, shared by tests that have an organization each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.client.wire.world import Clock, Rokka

if TYPE_CHECKING:
    from django_rokka.emulator import EmulatorServer


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def emulator_server(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[EmulatorServer]:
    emulator = pytest.importorskip(
        "django_rokka.emulator", reason="the emulator needs its extra", exc_type=ImportError
    )
    made = emulator.Emulator(
        root=tmp_path_factory.mktemp("rokka"), clock=clock, private_networks=True
    )
    with emulator.EmulatorServer(made) as server:
        yield server


@pytest.fixture
def rokka(emulator_server: EmulatorServer, clock: Clock) -> Iterator[Rokka]:
    rokka = Rokka(emulator_server, clock)
    with rokka.client:
        yield rokka
