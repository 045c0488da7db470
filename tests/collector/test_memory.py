"""A scan of many rows takes the same memory as one of few."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from django_rokka.emulator import EmulatorServer

from tests.django_fixtures import API_KEY

ROOT = Path(__file__).parents[2]
MEGABYTE = 2**20


@pytest.mark.parametrize("number", [20_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_scan__of_many_rows_and_images_takes_no_more_memory_than_of_few(
    server: EmulatorServer, tmp_path: Path, number: int
) -> None:
    few, many = (
        measure(tmp_path / f"{count}.sqlite", count, server.api_host) for count in (4_000, number)
    )
    assert many < few + MEGABYTE, f"{few:,} and {many:,} bytes"


def measure(database: Path, number: int, api_host: str) -> int:
    arguments = [str(database), str(number), api_host, API_KEY]
    process = subprocess.run(
        [sys.executable, "-m", "tests.collector.scanning_many", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=550,
        check=True,
    )
    size, counts = json.loads(process.stdout)
    assert counts == [number // 2, number // 2]
    return int(size)
