"""Fixtures for pytest: ``pytest_plugins = ["django_rokka.testing.plugin"]`` in ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_rokka.testing.emulation import EmulatedRokka, emulate_rokka

__all__ = ["live_rokka", "rokka"]


@pytest.fixture
def rokka() -> Iterator[EmulatedRokka]:
    """Emulate every rokka storage during a test; its URLs are those of production."""
    with emulate_rokka() as emulated:
        yield emulated


@pytest.fixture
def live_rokka(rokka: EmulatedRokka) -> Iterator[EmulatedRokka]:
    """Serve what the fixture ``rokka`` has on loopback too, so that browsers show pictures."""
    from django_rokka.emulator import EmulatorServer

    with EmulatorServer(rokka.emulator) as server:
        host = f"{server.api_host}/render/{{organization}}"
        with emulate_rokka(root=rokka.emulator.root, render_host=host) as served:
            yield served
