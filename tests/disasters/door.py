"""A rokka that notes who knocks, and troubles the request that it is told to."""

from __future__ import annotations

import io
import json
import re
import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django_rokka.emulator import Emulator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Arrival", "Door", "find_most_in_an_hour"]

HOUR = 3600
LONGEST_REST = 30
"""Seconds after which a request hangs that nobody waits for."""

_PATHS = {
    "alias": re.compile(r"/sourceimages/(?P<organization>[^/]+)/alias/(?P<name>[^/]+)"),
    "cache": re.compile(r"/sourceimages/(?P<organization>[^/]+)/alias/(?P<name>[^/]+)/cache"),
    "upload": re.compile(r"/sourceimages/(?P<organization>[^/]+)"),
    "image": re.compile(r"/sourceimages/(?P<organization>[^/]+)/[0-9a-f]{40}(/.*)?"),
}


class Arrival(NamedTuple):
    """A request at the door: ``status`` is ``None`` until rokka has done what it asks for.

    ``at`` is by rokka's clock; ``hash`` is what an alias is to point at.
    """

    at: float
    method: str
    path: str
    kind: str = ""
    organization: str = ""
    name: str = ""
    hash: str = ""
    status: int | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.kind or self.path}"

    @property
    def is_done(self) -> bool:
        """Whether rokka has done it, and be it that the answer got lost."""
        return self.status is not None and self.status < 300

    @property
    def is_settled(self) -> bool:
        """Whether it is not to be asked again: done, not for this account, or of no such thing."""
        return self.is_done or self.status in {403, 404}


class Door(Emulator):
    """A rokka in this process; ``arrivals`` has all but what is asked of the emulator itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.arrivals: list[Arrival] = []
        self._knocks = 0
        self._troubled = 0
        self._trouble: dict[str, Any] = {}
        self._stays = False
        self._condition = threading.Condition()
        self._inside = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(("/_emulator/", "/organizations/", "/render/")):
            return super().__call__(environ, start_response)
        place = self._let_in(_read(environ, at=self.clock().timestamp()))

        def start(status: str, *arguments: Any) -> Any:
            arrival = self.arrivals[place]
            self.arrivals[place] = arrival._replace(status=int(status.split(maxsplit=1)[0]))
            return start_response(status, *arguments)

        try:
            return super().__call__(environ, start)
        finally:
            with self._condition:
                self._inside -= 1
                self._condition.notify_all()

    def trouble(self, number: int, *, stays: bool = False, **fault: Any) -> None:
        """Let a fault strike the request of this number from now on, and those like it later."""
        with self._condition:
            self._knocks, self._troubled = 0, number
            self._trouble, self._stays = fault, stays

    def calm(self) -> None:
        """Let all go well again, and what was held up be done."""
        self.trouble(0)
        self.faults.clear()
        self.rest()

    def rest(self) -> None:
        """Let what was held up be done."""
        self.faults.wake()
        with self._condition:
            if not self._condition.wait_for(lambda: not self._inside, LONGEST_REST):
                raise TimeoutError(f"{self._inside} requests hang.")

    def find(self, organization: str) -> list[Arrival]:
        """Return what has arrived for an organization, in its order."""
        return [it for it in list(self.arrivals) if it.organization == organization]

    def _let_in(self, arrival: Arrival) -> int:
        with self._condition:
            self._inside += 1
            self._knocks += 1
            if self._knocks == self._troubled:
                self.faults.add(
                    method=arrival.method,
                    path=f"^{re.escape(arrival.path)}$",
                    times=None if self._stays else 1,
                    **self._trouble,
                )
            self.arrivals.append(arrival)
            return len(self.arrivals) - 1


def find_most_in_an_hour(arrivals: Iterable[Arrival]) -> int:
    """Return how many have arrived in the fullest hour, wherever it begins."""
    times = sorted(arrival.at for arrival in arrivals)
    ends = (bisect_left(times, start + HOUR) for start in times)
    return max((end - first for first, end in enumerate(ends)), default=0)


def _read(environ: WSGIEnvironment, *, at: float) -> Arrival:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    arrival = Arrival(at, method, path)
    for kind, pattern in _PATHS.items():
        if found := pattern.fullmatch(path):
            parts = found.groupdict()
            arrival = arrival._replace(
                kind=kind, organization=parts["organization"], name=parts.get("name", "")
            )
    if (arrival.kind, method) != ("alias", "PUT"):
        return arrival
    sent = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(sent)
    return arrival._replace(hash=json.loads(sent)["hash"])
