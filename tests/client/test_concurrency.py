"""One client for many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from django_rokka.client import RokkaClient

from tests.client.conftest import API_KEY

pytest.importorskip("werkzeug", reason="the emulator needs its extra")

from django_rokka.emulator import Emulator, EmulatorServer

THREADS = 8
LATENCY = 0.05
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><!-- {} --></svg>'


@pytest.mark.parametrize("uploads", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_threads__share_a_client_and_keep_their_connections(tmp_path: Path, uploads: int) -> None:
    emulator = Emulator(root=tmp_path, organization="acme", api_key=API_KEY)
    emulator.faults.add(delay=LATENCY, times=THREADS * uploads)

    def upload(thread: int) -> set[str]:
        return {
            client.source_images.create(
                SVG.format(f"{thread} {number}").encode(), name=f"{number}.svg"
            ).hash
            for number in range(uploads)
        }

    with (
        EmulatorServer(emulator) as server,
        RokkaClient(organization="acme", api_key=API_KEY, api_host=server.api_host) as client,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        hashes = set[str]().union(*threads.map(upload, range(THREADS)))
        assert server.connections <= THREADS
        total = client.source_images.list(limit=0).total

    assert len(hashes) == total == THREADS * uploads
