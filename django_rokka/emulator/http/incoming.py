"""Requests as the emulator reads them."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import quote

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wrappers import Request

from django_rokka.emulator.access.callers import Caller
from django_rokka.emulator.files.binary_files import BinaryFiles, IncomingFile

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["MAX_UPLOAD", "IncomingRequest", "base_name", "read_flag", "read_json"]

MAX_UPLOAD = 1_200_000_000
"""Bytes of a request; rokka takes about 1180 MB."""

_MAX_TEXT = 2_000_000
"""Bytes of JSON, or of the texts in a form: these are held in memory."""
_MAX_NAME = 1000
"""Characters of a file name, which has to fit into a header and into an archive."""

_MAX_DIGITS = 12
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class IncomingRequest(Request):
    """A request whose file parts go straight to disk, hashed as they arrive."""

    max_content_length = MAX_UPLOAD
    max_form_memory_size = _MAX_TEXT
    files_store: BinaryFiles
    caller: Caller
    route_path: str = ""
    """The pattern of the route that answers, once it is known."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        super().__init__(environ)
        self._received = ExitStack()

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        # werkzeug's documented hook; the class is a file as far as its form parser looks.
        return cast("IO[bytes]", self.receive())

    def receive(self) -> IncomingFile:
        """Open a file for bytes that are still to come; it ends with the request."""
        return self._received.enter_context(closing(self.files_store.receive()))

    def close(self) -> None:
        """Close every file part, also one whose client went away; what was not kept is gone."""
        self._received.close()

    @property
    def address(self) -> str:
        """The address of the client; in process there is none, and it is this machine's."""
        return self.remote_addr or "127.0.0.1"

    @property
    def raw_target(self) -> str:
        """The path below the application's own, and the query, byte by byte as they were sent.

        Servers that do not tell it get an equal target, percent-encoded in the usual way.
        """
        raw = self.environ.get("RAW_URI") or self.environ.get("REQUEST_URI") or ""
        if raw and not raw.startswith("/"):
            # The absolute form, which proxies send.
            raw = "/" + raw.partition("://")[2].partition("/")[2]
        script = quote(self.root_path, safe="/%:@!$&'()*+,;=~").rstrip("/")
        if raw.startswith(f"{script}/"):
            return str(raw[len(script) :])
        query = self.query_string.decode("latin-1")
        path = quote(self.path, safe="/:@!$&'()*+,;=~")
        return f"{path}?{query}" if query else path

    def lenient_json(self) -> Any:
        """Read the body as JSON, whatever its content type; what is no JSON is a text."""
        self.max_content_length = _MAX_TEXT
        data = self.get_data(cache=True)
        if len(data) >= _MAX_TEXT:
            # werkzeug cuts off what comes in chunks without a word.
            raise RequestEntityTooLarge
        return read_json(data.decode(errors="replace"))

    def json_object(self) -> dict[str, Any]:
        """Read a JSON object, or answer 400."""
        data = self.lenient_json()
        if not isinstance(data, dict):
            raise BadRequest(f"The body is {str(data)[:100]!r}, must be a JSON object.")
        return data

    def flag(self, name: str) -> bool:
        """Read a query parameter that is ``true``, ``false`` or absent."""
        return self.args.get(name, "").lower() in {"true", "1"}

    def number(self, name: str, default: int, *, maximum: int) -> int:
        """Read a whole number of the query, or answer 400."""
        text = self.args.get(name) or str(default)
        is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
        if not (is_number and int(text) <= maximum):
            raise BadRequest(f"{name} is {text[:100]!r}, must be a number from 0 to {maximum}.")
        return int(text)


def read_flag(name: str, value: Any) -> bool:
    """Read what is true or false in JSON, or as a text or number; else answer 400."""
    flag = _FLAGS.get(str(value).lower())
    if flag is None:
        raise BadRequest(
            f"The option {name} is {str(value)[:100]!r}, must be true or false (or 1 or 0)."
        )
    return flag


def read_json(text: str) -> Any:
    """Decode JSON, twice where a client encoded it twice; what is no JSON stays a text.

    So does what no answer could carry: numbers that are not finite, and half characters.
    """
    try:
        data = json.loads(text)
        if isinstance(data, str) and data[:1] in {"{", "["}:
            data = json.loads(data)
        json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text
    return data


def base_name(filename: str | None) -> str:
    """Return the last part of a file name, whatever system it comes from; or answer 400."""
    name = Path((filename or "").replace("\\", "/")).name.replace("\0", "")
    if len(name) > _MAX_NAME:
        raise BadRequest(
            f"The file name {name[:100]!r}... has {len(name)} characters, must have at most"
            f" {_MAX_NAME}."
        )
    return "unnamed" if name in {"", ".."} else name
