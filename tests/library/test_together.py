"""Several at work on the mirror at once: none waits for another for ever, and nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection, connections

from django_rokka import library
from django_rokka.emulator import EmulatorServer
from django_rokka.models import LibrarySync, SourceImage
from django_rokka.storage import RokkaStorage

from tests.library.conftest import refer_to
from tests.library.filling import fill, hash_of, make_stored

THREADS = 6
COUNT = 120

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite in memory is of one thread alone"
    ),
]


def run_together(*acts: Callable[[], object]) -> None:
    """Run all at once, each in a thread with a connection of its own; raise what one raises."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result(timeout=120)


@pytest.fixture
def hashes(server: EmulatorServer) -> list[str]:
    fill(server.emulator.root, (make_stored(number, per_second=7) for number in range(COUNT)))
    return [hash_of(number) for number in range(COUNT)]


def test_syncs__at_once_complete_the_mirror_together(
    rokka: RokkaStorage, hashes: list[str]
) -> None:
    for gone in hashes[:10]:
        rokka.client.source_images.delete(gone)

    run_together(*[lambda: library.sync(rokka, page_size=11)] * THREADS)

    assert set(SourceImage.objects.values_list("hash", flat=True)) == set(hashes)
    assert set(SourceImage.objects.alive().values_list("hash", flat=True)) == set(hashes[10:])
    walk = LibrarySync.objects.get()
    assert walk.finished is not None
    assert walk.position == SourceImage.objects.get(hash=hashes[-1]).created


def test_writers__of_the_same_rows_in_any_order_do_not_lock_each_other_out(
    rokka: RokkaStorage, hashes: list[str]
) -> None:
    library.sync(rokka)

    def release(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            library.release(rokka, refer_to(*chance.sample(hashes, 60)))

    def keep(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(5):
            library.keep(rokka, refer_to(*chance.sample(hashes, 60)), is_confirmed=True)

    run_together(
        partial(release, 1),
        partial(release, 2),
        partial(keep, 3),
        partial(keep, 4),
        lambda: library.sync(rokka, page_size=30),
        lambda: library.sync(rokka, page_size=50),
    )

    assert SourceImage.objects.alive().count() == COUNT
