from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from django_rokka.emulator.concurrency.single_flight import SingleFlight
from django_rokka.emulator.concurrency.slots import Slots

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks"),
    # That is what these tests are about.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


def exit_code_of_fork(work: Callable[[], None]) -> int:
    """Do something in a forked process; one that hangs is killed."""
    child = os.fork()
    if not child:
        try:
            signal.alarm(5)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fork_during(busy: Callable[[Callable[[], None]], None], work: Callable[[], None]) -> int:
    """Fork while another thread is at work."""
    started, over = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        over.wait(30)

    thread = threading.Thread(target=busy, args=(wait,))
    thread.start()
    try:
        assert started.wait(10)
        return exit_code_of_fork(work)
    finally:
        over.set()
        thread.join()


def test_flight__does_not_go_on_in_a_forked_process() -> None:
    flights = SingleFlight()
    done = fork_during(
        lambda wait: flights.run("key", wait), lambda: flights.run("key", lambda: None)
    )
    assert done == 0


def test_slots__are_free_in_a_forked_process() -> None:
    slots = Slots(1)

    def hold(wait: Callable[[], None]) -> None:
        with slots.take(seconds=1):
            wait()

    assert fork_during(hold, lambda: hold(lambda: None)) == 0
