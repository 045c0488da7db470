"""The same work for many items, in threads."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from django_rokka.client.endpoints.source_images.ordered_work import OrderedWork

from tests.client.endpoints.source_images.parts import count_threads


class Gate:
    """Work that notes what it began, and from the second item on waits to be let through."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.is_in = threading.Event()
        self.is_open = threading.Event()

    def work(self, number: int) -> int:
        self.begun.append(number)
        if number:
            self.is_in.set()
            assert self.is_open.wait(timeout=10)
        return number


def test_work__is_as_far_ahead_as_its_threads_can_be() -> None:
    running = 0
    most = 0
    lock = threading.Lock()
    meeting = threading.Barrier(3)

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        meeting.wait(timeout=10)
        with lock:
            running -= 1
        return number * number

    assert list(OrderedWork(work, range(9), threads=3)) == [n * n for n in range(9)]
    assert most == 3


@pytest.mark.parametrize("manager", [lambda numbers: numbers, closing], ids=["with", "closing"])
def test_work__that_is_left_begins_nothing_and_waits_for_what_runs(
    manager: Callable[[Any], Any],
) -> None:
    gate = Gate()

    with manager(OrderedWork(gate.work, range(10), threads=1)) as numbers:
        first = next(numbers)
        numbers._get_ahead()  # as the next one does, which would wait
        assert gate.is_in.wait(timeout=10)
        threading.Timer(0.05, gate.is_open.set).start()

    assert first == 0
    assert gate.is_open.is_set()
    assert count_threads(wait=0) == 0
    assert gate.begun == [0, 1]
    assert list(numbers) == []


def test_work__ends_its_threads_when_it_is_interrupted() -> None:
    gate = Gate()

    def interrupted() -> Iterator[int]:
        yield from range(2)
        assert gate.is_in.wait(timeout=10)
        threading.Timer(0.05, gate.is_open.set).start()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(OrderedWork(gate.work, interrupted(), threads=2))

    assert gate.is_open.is_set()
    assert count_threads(wait=0) == 0


@pytest.mark.parametrize("is_in_a_circle", [False, True])
def test_work__that_is_let_go_of_waits_for_nobody_and_begins_nothing(
    is_in_a_circle: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    gate = Gate()
    numbers = OrderedWork(gate.work, range(10), threads=1)
    next(numbers)
    numbers._get_ahead()  # as the next one does, which would wait
    assert gate.is_in.wait(timeout=10)
    if is_in_a_circle:
        numbers.circle = numbers  # type: ignore[attr-defined]  # only the collector finds it

    # A lock that a collector must not wait for, since it may run amid its owner's work.
    with numbers._executor._shutdown_lock:
        del numbers
        gc.collect()
        was_open = gate.is_open.is_set()
    gate.is_open.set()

    assert not was_open
    assert count_threads() == 0
    assert gate.begun == [0, 1]


def test_work__raises_what_its_items_raise_behind_the_results() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise LookupError("no more")

    numbers = OrderedWork(str, items(), threads=2)

    assert [next(numbers) for _ in range(5)] == ["0", "1", "2", "3", "4"]
    with pytest.raises(LookupError, match="no more"):
        next(numbers)
    assert (list(numbers), count_threads(wait=0)) == ([], 0)


def test_work__takes_items_once_it_is_asked() -> None:
    taken: list[int] = []

    with OrderedWork(str, map(taken.append, range(9)), threads=2) as texts:
        before = len(taken)
        next(texts)
        after = len(taken)

    assert before == 0
    assert 1 <= after <= 4
