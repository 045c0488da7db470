"""What the tests of invalidations share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest
from django.db.models.signals import post_save
from django.utils import timezone as django_timezone

from django_rokka.emulator import EmulatorServer
from django_rokka.models import CacheInvalidation, InvalidationBudget
from django_rokka.storage import RokkaStorage
from django_rokka.testing import make_image

HOUR = 3600
NAMES = tuple(f"alias_{number}" for number in range(14))


class Clocks:
    """The clocks of Django and of rokka, which a test moves together, or one alone."""

    def __init__(self, server: EmulatorServer) -> None:
        self._server = server
        self._now = datetime.now(timezone.utc)
        self.advance(0)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float, *, rokka: bool = True, django: bool = True) -> None:
        if django:
            self._now += timedelta(seconds=seconds)
        if rokka:
            self._server.emulator.clock.set(self._now)


class Arrivals:
    """What has arrived at rokka, by rokka's clock, faults included."""

    def __init__(self, server: EmulatorServer) -> None:
        self._server = server
        self.list: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self.list)

    @property
    def keys(self) -> list[str]:
        return [key for _, key in self.list]

    def most_in_an_hour(self) -> int:
        times = sorted(at for at, _ in self.list)
        return max((sum(start <= at < start + HOUR for at in times) for start in times), default=0)


@pytest.fixture
def clocks(server: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks(server)
    monkeypatch.setattr(django_timezone, "now", clocks.now)
    return clocks


@pytest.fixture
def arrivals(server: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> Arrivals:
    """Note each request for a cache at the door of the emulator, before any fault strikes it."""
    arrivals = Arrivals(server)
    take = server.emulator.faults.take

    def note(method: str, path: str) -> object:
        if method == "DELETE" and (found := re.search(r"/([^/]+)/cache$", path)):
            now = server.emulator.clock().timestamp()
            arrivals.list.append((now, found[1]))
        return take(method, path)

    monkeypatch.setattr(server.emulator.faults, "take", note)
    return arrivals


@pytest.fixture
def aliases(rokka: RokkaStorage) -> tuple[str, ...]:
    """Fourteen aliases at rokka."""
    image = rokka.client.source_images.create(make_image("lake.png"), name="lake.png")
    for name in NAMES:
        rokka.client.aliases.create(name, image.hash)
    return NAMES


def outcomes() -> list[str]:
    return list(CacheInvalidation.objects.order_by("pk").values_list("outcome", flat=True))


@contextmanager
def after_reservation(act: Callable[[], object]) -> Iterator[None]:
    """Do something once, when a slot and its wishes are taken, and nothing is sent yet."""
    acts = [act]

    def receive(instance: InvalidationBudget, **kwargs: object) -> None:
        if instance.spent and acts:
            acts.pop()()

    post_save.connect(receive, sender=InvalidationBudget)
    try:
        yield
    finally:
        post_save.disconnect(receive, sender=InvalidationBudget)
