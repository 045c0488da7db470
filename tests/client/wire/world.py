"""An organization at the emulator for each test, and the table of what the tests prove."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django_rokka.client import RokkaClient, SourceImage
from django_rokka.exceptions import QuotaExceeded

from tests.client.wire.counterparts import COUNTERPARTS

if TYPE_CHECKING:
    from django_rokka.emulator import EmulatorServer

CALLS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "calls.json").read_text(encoding="utf-8")
)["calls"]
METHODS = {call["method"] for call in CALLS}

AREA = {"x": 1, "y": 2, "width": 3, "height": 4}
RESIZE = {"name": "resize", "options": {"width": 100}}

MANY = 20  # more calls than any budget has

Test = Callable[..., None]
EXERCISED: dict[str, str] = {}
"""The test of each method."""


class Rokka:
    """An organization of one's own at the emulator; calls are those of the official client."""

    numbers = count(1)

    def __init__(self, server: EmulatorServer, clock: Clock) -> None:
        self.clock = clock
        self.called: set[str] = set()
        self.host = server.api_host
        self.name = f"acme-{next(self.numbers)}"
        self.email = f"{self.name}@example.org"
        with self.open() as public:
            self.api_key = public.users.create(self.email, organization=self.name).api_key
        self.client = self.open(api_key=self.api_key)

    def __call__(self, method: str, *arguments: Any, **more: Any) -> Any:
        self.called.add(method)
        return COUNTERPARTS[method](self.client, *arguments, **more)

    def open(self, **credentials: Any) -> RokkaClient:
        return RokkaClient(organization=self.name, api_host=self.host, **credentials)

    def upload(self, content: bytes = b"", name: str = "a.svg", **parts: Any) -> SourceImage:
        return self.client.source_images.create(content or draw(40, 30), name=name, **parts)

    def add_organization(self) -> str:
        name = f"{self.name}-other"
        self.client.organizations.create(name, billing_email=self.email)
        return name

    def is_there(self, image: SourceImage) -> bool:
        return image.hash in {other.hash for other in self.client.source_images.iter()}

    def spend(self, *call: Any) -> int:
        """Make a call until its budget is spent, and return how often that was."""
        done = 0
        with suppress(QuotaExceeded):
            while done < MANY:
                self(*call)
                done += 1
        return done

    def names(self, options: dict[str, Any]) -> list[str]:
        return [image.name for image in self("sourceimages.list", self.name, options)]


class Clock:
    """The time, which tests can put ahead."""

    ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(timezone.utc) + self.ahead


def draw(width: int, height: int) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"/>'.encode()


def exercises(*methods: str) -> Callable[[Test], Test]:
    """Enter a test for methods, all of whose counterparts it has to call."""

    def enter(test: Test) -> Test:
        @functools.wraps(test)
        def exercise(rokka: Rokka, **fixtures: Any) -> None:
            test(rokka=rokka, **fixtures)
            assert rokka.called.issuperset(methods)

        EXERCISED.update(dict.fromkeys(methods, test.__name__))
        return exercise

    return enter
