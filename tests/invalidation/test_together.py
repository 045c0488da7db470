"""Eight threads that drain at once, on a database that has more than one writer."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from django_rokka import invalidation
from django_rokka.emulator import EmulatorServer
from django_rokka.models import CacheInvalidation
from django_rokka.storage import RokkaStorage

from tests.invalidation.conftest import Arrivals, Clocks

THREADS = 8
ROUNDS = 12

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("aliases"),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite in memory is of one thread alone"
    ),
]


def run_together(*acts: object) -> None:
    def run(act: object) -> None:
        try:
            act()  # type: ignore[operator]  # each is a function
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result(timeout=60)


def test_drains__at_once_never_send_an_eleventh_nor_one_key_twice_at_a_time(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, arrivals: Arrivals
) -> None:
    chance = random.Random(3)
    server.emulator.faults.add(
        method="DELETE", path=r"/cache$", status=500, times=None, probability=0.2, seed=3
    )

    def wish() -> None:
        for _ in range(10):
            invalidation.request("alias", f"alias_{chance.randrange(14)}")

    for _ in range(ROUNDS):
        run_together(wish, *[invalidation.drain] * THREADS)
        clocks.advance(chance.choice([1, 600, 1830]))
    for _ in range(9):
        clocks.advance(3700)
        invalidation.drain()

    assert arrivals.most_in_an_hour() == 10
    assert CacheInvalidation.objects.open().count() == 0


def test_ten_wishes__are_ten_calls_whoever_drains(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    for name in aliases[:10]:
        invalidation.request("alias", name)
    run_together(*[invalidation.drain] * THREADS)
    assert Counter(arrivals.keys) == Counter(aliases[:10])
