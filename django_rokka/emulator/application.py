"""The emulator as a WSGI application."""

from __future__ import annotations

import functools
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map
from werkzeug.wrappers import Response

from django_rokka.emulator.access.credentials import authenticate, require_role
from django_rokka.emulator.access.roles import required_role
from django_rokka.emulator.api import ROUTES
from django_rokka.emulator.control import Asked, Control, MovableClock, Traffic, mask_target
from django_rokka.emulator.errors import error_response, json_response
from django_rokka.emulator.faults import Fault, Faults, Strike
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.root_errors import explain_root_error
from django_rokka.emulator.http.routing import Route, build_map
from django_rokka.emulator.rendering.host import serve_render_host
from django_rokka.emulator.services import Services, utc_now
from django_rokka.emulator.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Emulator"]

_ORGANIZATION = re.compile(r"[a-z0-9-]+")
_RENDER_HOST = re.compile(r"(?P<organization>[a-z0-9-]+)\.localhost(?::[0-9]+)?")
_RENDER_PATH = re.compile(r"/render/(?P<organization>[^/?]+)(?P<target>/.*)")
_CONVERTER = re.compile(r"<[a-z]+:")
_RENDER = "/render/<organization>/..."
_NONE = "(none)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "COPY", "OPTIONS"})
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Location, Warning, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Retry-After"
    ),
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, COPY",
    "Access-Control-Allow-Headers": (
        "Api-Key, Api-Version, Authorization, Content-Type, Destination, Overwrite"
    ),
}


class Emulator:
    """A local rokka: the API at ``/``, rendering at ``/render/<organization>/``.

    Everything it remembers is under ``root``, which several processes may share; ``api_key`` and
    ``more_api_keys`` open every organization of the root, the keys of users what their roles allow.
    Without ``api_key`` a random one is made; without ``signing_key`` the organization keeps the one
    it has, or gets a random one. ``clock`` returns the time, aware of its zone; the attribute
    ``clock`` moves it. The others are those of ``Settings``.

    ``faults``, ``clock`` and ``traffic`` (what was asked, as counts) are of this process alone, and
    so is what ``/_emulator/...`` shows of them.
    """

    def __init__(
        self,
        *,
        root: str | PathLike[str],
        organization: str = "demo",
        api_key: str | None = None,
        more_api_keys: Sequence[str] = (),
        signing_key: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        **settings: Any,
    ) -> None:
        _check_names(organization, more_api_keys)
        self.organization = organization
        self.api_key = api_key or secrets.token_urlsafe(32)
        self.faults = Faults()
        self.clock = MovableClock(clock)
        self.traffic = Traffic()
        self._services = Services.open(
            Path(root),
            api_keys=(self.api_key, *more_api_keys),
            clock=self.clock,
            settings=Settings(**settings),
        )
        self._services.organizations.ensure(
            organization, created=self._services.now(), signing_key=signing_key
        )
        self._services.memberships.ensure_admin(organization, created=self._services.now())
        self._map = _get_map()
        self._control = Control(
            self._services,
            organization=organization,
            faults=self.faults,
            clock=self.clock,
            traffic=self.traffic,
        )

    def __repr__(self) -> str:
        return f"<Emulator of {self.organization!r} in {self._services.root}>"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, with the fault that was asked for it."""
        request = IncomingRequest(environ)
        request.files_store = self._services.files
        is_render = _RENDER_HOST.fullmatch(request.host) is not None
        if not is_render and self._control.is_asked(request):
            with closing(request):
                return self._control.answer(request)(environ, start_response)
        environ["wsgi.input"] = self.traffic.count_received(environ["wsgi.input"])
        strike = self.faults.take(request.method, request.path)
        response = self._answer(request, strike)
        response.headers.update(_CORS)
        blocks = response(environ, start_response)
        if strike is not None:
            blocks = strike.spoil(blocks, length=response.content_length)
        return self.traffic.count_sent(blocks)

    @property
    def signing_key(self) -> str:
        """The key that signs the render URLs of the organization."""
        return self._services.organization(self.organization).signing_key

    @property
    def root(self) -> Path:
        """The folder of everything that is remembered."""
        return self._services.root

    def close(self) -> None:
        """Close what is open of the root; the emulator can be used again."""
        self._services.close()

    def _answer(self, request: IncomingRequest, strike: Strike | None) -> Response:
        """Answer a request, and note it."""
        start = time.perf_counter()
        status: int | None = None
        try:
            response = self._respond(request, strike)
            status = response.status_code
        finally:
            request.close()
            milliseconds = (time.perf_counter() - start) * 1000
            self._note(request, status, milliseconds, has_fault=strike is not None)
        return response

    def _note(
        self, request: IncomingRequest, status: int | None, milliseconds: float, *, has_fault: bool
    ) -> None:
        host = request.host if _RENDER_HOST.fullmatch(request.host) else ""
        asked = Asked(
            time=self._services.now(),
            # What no route knows is one: whoever invents names must not fill the memory.
            method=request.method if request.method in _METHODS else _NONE,
            endpoint=request.route_path or _NONE,
            path=mask_target(f"{host}{request.raw_target}"),
            status=status,
            milliseconds=round(milliseconds, 1),
            has_fault=has_fault,
        )
        self.traffic.note(asked)

    def _respond(self, request: IncomingRequest, strike: Strike | None) -> Response:
        try:
            answer = _suffer(self.faults, strike.fault, request) if strike is not None else None
            return answer or self._dispatch(request)
        except HTTPException as error:
            return error_response(error)
        except (OSError, sqlite3.Error) as error:
            refusal = explain_root_error(error, self.root)
            if refusal is None:
                raise
            response = error_response(refusal)
            response.headers["Cache-Control"] = "no-store"
            return response

    def _dispatch(self, request: IncomingRequest) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headers=_PREFLIGHT)
        target = request.raw_target
        if host := _RENDER_HOST.fullmatch(request.host):
            return self._serve_render_host(request, host["organization"], target)
        if path := _RENDER_PATH.fullmatch(target):
            return self._serve_render_host(request, unquote(path["organization"]), path["target"])
        return self._call_api(request)

    def _serve_render_host(
        self, request: IncomingRequest, organization: str, target: str
    ) -> Response:
        request.route_path = _RENDER
        return serve_render_host(self._services, request, organization=organization, target=target)

    def _call_api(self, request: IncomingRequest) -> Response:
        try:
            route, values = self._match(request)
        except MethodNotAllowed as error:
            raise NotFound(_no_endpoint(request)) from error
        request.route_path = _CONVERTER.sub("<", route.path)
        if not route.is_public:
            request.caller = authenticate(self._services, request)
            role = required_role(route.method, route.path)
            if role is not None:
                require_role(self._services, request.caller, values["organization"], role)
        return route.endpoint(self._services, request, **values)

    def _match(self, request: IncomingRequest) -> tuple[Route, dict[str, Any]]:
        try:
            route, values = self._map.bind_to_environ(request.environ).match()
        except NotFound as error:
            raise NotFound(_no_endpoint(request)) from error
        return route, dict(values)


@functools.cache
def _get_map() -> Map:
    """Return the map of the API, which takes a while to make."""
    return build_map(ROUTES)


def _check_names(organization: str, keys: Sequence[str]) -> None:
    if not _ORGANIZATION.fullmatch(organization):
        raise ValueError(
            f"{organization!r} is no organization: use lower-case letters, digits and '-'."
        )
    if isinstance(keys, str):
        raise TypeError("more_api_keys is a text, must be a list of keys.")


def _suffer(faults: Faults, fault: Fault, request: IncomingRequest) -> Response | None:
    """Do what a fault asks for before the request is answered."""
    if fault.delay:
        faults.wait(fault.delay)
    if fault.reset_after is not None:
        request.stream.read(fault.reset_after)
        # The server closes the connection without an answer.
        raise ConnectionResetError("A fault was asked for: the connection is reset.")
    if fault.status is None:
        return None
    message = {"error": {"code": fault.status, "message": "A fault was asked for."}}
    response = json_response(message, fault.status)
    if fault.body:
        response.set_data(fault.body)
    response.headers.update(dict(fault.headers))
    return response


def _no_endpoint(request: IncomingRequest) -> str:
    hint = ""
    if request.path.startswith("/render"):
        hint = " A render URL is /render/<organization>/<stack>/<hash>.<format>."
    return f"There is no endpoint {request.method} {request.path}.{hint}"
