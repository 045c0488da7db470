"""The emulator as a WSGI application."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    MethodNotAllowed,
    NotFound,
)
from werkzeug.wrappers import Response

from django_rokka.emulator.albums import serve_album
from django_rokka.emulator.api import ROUTES
from django_rokka.emulator.credentials import authenticate, require_role
from django_rokka.emulator.errors import error_response, json_response
from django_rokka.emulator.faults import Fault, Faults, truncate
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.rendering import serve_render
from django_rokka.emulator.roles import required_role
from django_rokka.emulator.routing import Route, build_map
from django_rokka.emulator.services import Services, utc_now
from django_rokka.emulator.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Emulator"]

_ORGANIZATION = re.compile(r"[a-z0-9-]+")
_RENDER_HOST = re.compile(r"(?P<organization>[a-z0-9-]+)\.localhost(?::[0-9]+)?")
_RENDER_PATH = re.compile(r"/render/(?P<organization>[^/?]+)(?P<target>/.*)")
_FAULTS = "/_emulator/faults"
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

    Everything it remembers is under ``root``, which several processes may share; ``api_key`` opens
    every organization of the root, the keys of users what their roles allow. Without ``api_key``
    a random one is made; without ``signing_key`` the organization keeps the one it has, or gets a
    random one. ``clock`` returns the time, aware of its zone. The others are those of ``Settings``.
    """

    def __init__(
        self,
        *,
        root: str | PathLike[str],
        organization: str = "demo",
        api_key: str | None = None,
        signing_key: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        **settings: Any,
    ) -> None:
        if not _ORGANIZATION.fullmatch(organization):
            raise ValueError(
                f"{organization!r} is no organization: use lower-case letters, digits and '-'."
            )
        self.organization = organization
        self.api_key = api_key or secrets.token_urlsafe(32)
        self.faults = Faults()
        self._services = Services.open(
            Path(root), api_key=self.api_key, clock=clock, settings=Settings(**settings)
        )
        self._services.organizations.ensure(
            organization, created=self._services.now(), signing_key=signing_key
        )
        self._services.memberships.ensure_admin(organization, created=self._services.now())
        self._map = build_map(ROUTES)

    def __repr__(self) -> str:
        return f"<Emulator of {self.organization!r} in {self._services.root}>"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, with the fault that was asked for it."""
        request = IncomingRequest(environ)
        request.files_store = self._services.files
        fault = self.faults.take(request.method, request.path)
        try:
            response = self._respond(request, fault)
        finally:
            request.close()
        response.headers.update(_CORS)
        blocks = response(environ, start_response)
        if fault is not None and fault.truncate_at is not None:
            return truncate(blocks, fault.truncate_at)
        return blocks

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
        self._services.database.close()

    def _respond(self, request: IncomingRequest, fault: Fault | None) -> Response:
        try:
            answer = _suffer(self.faults, fault, request) if fault is not None else None
            return answer or self._dispatch(request)
        except HTTPException as error:
            return error_response(error)

    def _dispatch(self, request: IncomingRequest) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headers=_PREFLIGHT)
        target = request.raw_target
        if host := _RENDER_HOST.fullmatch(request.host):
            return self._serve_render_host(request, host["organization"], target)
        if path := _RENDER_PATH.fullmatch(target):
            return self._serve_render_host(request, unquote(path["organization"]), path["target"])
        if request.path.rstrip("/") == _FAULTS:
            return self._answer_faults(request)
        return self._call_api(request)

    def _serve_render_host(
        self, request: IncomingRequest, organization: str, target: str
    ) -> Response:
        album = serve_album(self._services, request, organization=organization, target=target)
        return album or serve_render(
            self._services, request, organization=organization, target=target
        )

    def _call_api(self, request: IncomingRequest) -> Response:
        try:
            route, values = self._match(request)
        except MethodNotAllowed as error:
            raise NotFound(_no_endpoint(request)) from error
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

    def _answer_faults(self, request: IncomingRequest) -> Response:
        """Add a fault (POST), list those that wait (GET), forget them (DELETE)."""
        if not authenticate(self._services, request).is_root:
            raise Forbidden("Faults are for the key that the emulator was started with.")
        if request.method == "DELETE":
            self.faults.clear()
        if request.method == "POST":
            try:
                self.faults.add(**request.json_object())
            except (TypeError, ValueError) as error:
                raise BadRequest(f"This is no fault: {error}") from error
        return json_response(self.faults.as_json())


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
    return f"There is no endpoint {request.method} {request.path}."
