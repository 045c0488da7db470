"""The emulator in process, behind requests: no network, no thread."""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["EmulatorAdapter"]


class EmulatorAdapter(BaseAdapter):
    """A transport for ``requests.Session.mount("http://rokka.emulator/", ...)``.

    ``make_session`` gives such a session, for ``RokkaClient(session=adapter.make_session)``.
    Bodies stream in both directions. Timeouts mean nothing here: the call runs in this thread.
    """

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._application = application

    def make_session(self) -> requests.Session:
        """Return a session all of whose requests come here."""
        session = requests.Session()
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    def send(  # noqa: PLR0917, the signature is requests'
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002, as above
        timeout: Any = None,
        verify: Any = True,  # noqa: FBT002, as above
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Call the application; raise what requests raises when a connection breaks."""
        try:
            blocks, status, headers = run_wsgi_app(self._application, _environ(request))
        except ConnectionError as error:
            raise requests.ConnectionError(str(error), request=request) from error
        response = requests.Response()
        response.status_code = int(status.split()[0])
        response.reason = status.partition(" ")[2]
        response.headers = CaseInsensitiveDict(headers.items())
        response.url = request.url or ""
        response.request = request
        response.raw = HTTPResponse(
            body=_Body(blocks),
            headers=HTTPHeaderDict(headers.items()),
            status=response.status_code,
            preload_content=False,
            request_method=request.method,
        )
        if not stream:
            response.content  # noqa: B018, reads and releases the body, as requests' own does
        return response

    def close(self) -> None:
        """Nothing is held between calls."""


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a file, which is never whole in memory."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self._iterator = iter(blocks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._iterator, None)
            if block is None:
                return 0
            self._rest = block
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


class _Body(_Blocks):
    """The blocks of a WSGI answer; closing it ends the answer."""

    def readinto(self, buffer: Any) -> int:
        try:
            return super().readinto(buffer)
        except ConnectionError as error:
            # Nothing comes any more, and urllib3 closes only what it read to its end.
            self.close()
            # What urllib3 translates for requests, as it does for a socket's end.
            raise http.client.IncompleteRead(b"") from error

    def close(self) -> None:
        if not self.closed:
            close = getattr(self._blocks, "close", None)
            if close is not None:
                close()
        super().close()


def _environ(request: requests.PreparedRequest) -> WSGIEnvironment:
    parts = urlsplit(request.url or "")
    target = parts.path or "/"
    headers: Mapping[str, str | bytes] = request.headers
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(target).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": f"{target}?{parts.query}" if parts.query else target,
        "SERVER_NAME": parts.hostname or "rokka.emulator",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BufferedReader(_Blocks(_body_blocks(request.body))),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        is_plain = key in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        environ[key if is_plain else f"HTTP_{key}"] = text
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


def _body_blocks(body: Any) -> Iterator[bytes]:
    if body is None:
        return
    if isinstance(body, str):
        yield body.encode()
        return
    if isinstance(body, bytes):
        yield body
        return
    read = getattr(body, "read", None)
    if read is None:
        yield from body
        return
    while block := read(64 * 1024):
        yield block
