"""``/_emulator/...`` and the page: what is there besides rokka."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.control.access import require_onlooker, require_owner
from django_rokka.emulator.control.accounts import change_account, describe_account
from django_rokka.emulator.control.clock import MovableClock
from django_rokka.emulator.control.overview import describe_organization, serve_thumbnail
from django_rokka.emulator.control.page import STATIC_FILES, serve_static_file
from django_rokka.emulator.control.traffic import Traffic
from django_rokka.emulator.errors import error_response, json_response
from django_rokka.emulator.faults import Faults
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services

__all__ = ["Control"]

_BASE = "/_emulator"
_ACCOUNTS = "/organizations/"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Control:
    """Answers people and tests about an emulator; its changes are for the emulator's own keys.

    These requests are neither counted nor struck by faults, and other origins cannot read them.
    """

    def __init__(
        self,
        services: Services,
        *,
        organization: str,
        faults: Faults,
        clock: MovableClock,
        traffic: Traffic,
    ) -> None:
        self._services = services
        self._organization = organization
        self._faults = faults
        self._clock = clock
        self._traffic = traffic
        self._doors: Mapping[str, _Door] = {
            "/clock": _Door(clock.as_json, {"POST": self._move_clock, "DELETE": self._reset_clock}),
            "/faults": _Door(faults.as_json, {"POST": self._add_fault, "DELETE": self._clear}),
            "/requests": _Door(traffic.last, {}),
            "/stats": _Door(self._count, {"DELETE": self._reset_counts}),
        }

    def is_asked(self, request: IncomingRequest) -> bool:
        """Say whether a request is for this, and not for the API; browsers are shown the page."""
        if request.path == "/":
            accepted = {kind for kind, quality in request.accept_mimetypes if quality > 0}
            return request.method in {"GET", "HEAD"} and "text/html" in accepted
        return request.path == _BASE or request.path.startswith(f"{_BASE}/")

    def answer(self, request: IncomingRequest) -> Response:
        """Answer a request."""
        try:
            response = self._dispatch(request)
        except HTTPException as error:
            response = error_response(error)
            if isinstance(error, MethodNotAllowed) and error.valid_methods:
                response.headers["Allow"] = ", ".join(error.valid_methods)
        response.headers.update(_HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _dispatch(self, request: IncomingRequest) -> Response:
        name = request.path.removeprefix(_BASE).rstrip("/")
        door = self._find_door(name)
        if request.method not in {"GET", "HEAD"}:
            require_owner(self._services, request)
            self._change(door, request)
        else:
            require_onlooker(self._services, request)
        if door is not None:
            return json_response(door.read())
        return self._show(request, name)

    def _find_door(self, name: str) -> _Door | None:
        if not name.startswith(_ACCOUNTS):
            return self._doors.get(name)
        place = (self._services, name.removeprefix(_ACCOUNTS))
        return _Door(partial(describe_account, *place), {"PUT": partial(change_account, *place)})

    def _change(self, door: _Door | None, request: IncomingRequest) -> None:
        change = door.changes.get(request.method) if door is not None else None
        if change is None:
            changes = door.changes if door is not None else ()
            raise MethodNotAllowed(["GET", "HEAD", *changes])
        change(request)

    def _show(self, request: IncomingRequest, name: str) -> Response:
        if name in STATIC_FILES:
            return serve_static_file(name)
        if name == "/overview":
            return json_response(self._describe(request))
        if name.startswith("/thumbnails/"):
            return serve_thumbnail(self._services, request, name.removeprefix("/thumbnails/"))
        raise NotFound(f"There is nothing at {request.path[:100]}.")

    def _describe(self, request: IncomingRequest) -> dict[str, Any]:
        """Return all that the page shows."""
        organization = request.args.get("organization") or self._organization
        return {
            **describe_organization(self._services, organization),
            "clock": self._clock.as_json(),
            "faults": self._faults.as_json(),
            "requests": self._traffic.last(),
            "stats": self._count(),
        }

    def _count(self) -> dict[str, Any]:
        counted = self._services.counters.as_json()
        events = {name: counted.get(name, 0) for name in ("renders", "cache_hits")}
        return {**self._traffic.as_json(), **events}

    def _reset_counts(self, _request: IncomingRequest) -> None:
        self._traffic.reset()
        self._services.counters.reset()

    def _add_fault(self, request: IncomingRequest) -> None:
        try:
            self._faults.add(**request.json_object())
        except (TypeError, ValueError) as error:
            raise BadRequest(f"This is no fault: {error}") from error

    def _clear(self, _request: IncomingRequest) -> None:
        self._faults.clear()

    def _move_clock(self, request: IncomingRequest) -> None:
        asked = request.json_object()
        if len(asked) != 1 or not asked.keys() <= {"advance", "now"}:
            raise BadRequest(
                'Move the clock with {"advance": 3600}, in seconds, or with'
                ' {"now": "2026-01-01T00:00:00+00:00"}.'
            )
        try:
            if "advance" in asked:
                self._clock.advance(_read_seconds(asked["advance"]))
            else:
                self._clock.set(_read_date(asked["now"]))
        except ValueError as error:
            raise BadRequest(str(error)) from error

    def _reset_clock(self, _request: IncomingRequest) -> None:
        self._clock.reset()


class _Door(NamedTuple):
    """What is read at a path, and what each other method changes there."""

    read: Callable[[], Any]
    changes: Mapping[str, Callable[[IncomingRequest], None]]


def _read_seconds(value: Any) -> float:
    if type(value) not in {int, float}:
        raise ValueError(f"advance is {str(value)[:100]!r}, must be a number of seconds.")
    seconds: float = value
    return seconds


def _read_date(value: Any) -> datetime:
    try:
        # Python 3.10 does not know the Z.
        return datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as error:
        raise ValueError(
            f"now is {str(value)[:100]!r}, must be a date such as 2026-01-01T00:00:00+00:00."
        ) from error
