"""Files fetched from URLs, streamed to disk."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from werkzeug.exceptions import BadRequest
from werkzeug.urls import iri_to_uri

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.incoming import MAX_UPLOAD, base_name

__all__ = ["fetch", "name_of_url"]

_TIMEOUT = 20
"""Seconds without a byte."""
_DEADLINE = 120
"""Seconds until all bytes have to be there."""
_BLOCK = 64 * 1024
_STILL = re.compile(r"@[0-9]{1,2}(?::[0-9]{2}){1,2}(?:\.[0-9]+)?")
_HANDLERS = (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    ProxyHandler,
    UnknownHandler,
)
# The handlers of file and FTP are not among them: no redirect leads there.

Check = Callable[[str], None]


def fetch(
    url: str,
    target: IO[bytes],
    *,
    maximum: int = MAX_UPLOAD,
    deadline: float = _DEADLINE,
    check: Check | None = None,
) -> None:
    """Write what a URL answers to a file; answer 400 with the reason when that fails.

    ``check`` raises for a URL that must not be asked; it sees where redirects lead, too.
    """
    if _STILL.search(_split(url).path):
        raise Missing(f"stills of videos ({url[:200]!r})")
    if check is not None:
        check(url)
    opener = OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    opener.add_handler(_RedirectHandler(check))
    try:
        request = Request(iri_to_uri(url), headers={"User-Agent": "rokka-emulator"})  # noqa: S310, checked
        with opener.open(request, timeout=_TIMEOUT) as response:
            _copy(response, target, maximum=maximum, deadline=deadline)
    except HTTPError as error:
        error.close()
        raise _failed(url, f"the answer is {error.code} {error.msg}") from error
    except URLError as error:
        raise _failed(url, error.reason) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(url, error) from error


def name_of_url(url: str) -> str:
    """Return the file name in a URL, or answer 400 when it is none that is fetched."""
    return base_name(unquote(_split(url).path.rpartition("/")[2]))


class _RedirectHandler(HTTPRedirectHandler):
    """Follow redirects as far as they lead to what may be asked."""

    def __init__(self, check: Check | None) -> None:
        self._check = check

    def redirect_request(self, *arguments: Any) -> Request | None:
        """Return the next request: the second argument leads to the URL that is the last one."""
        if self._check is not None:
            try:
                self._check(arguments[-1])
            except BaseException:
                arguments[1].close()
                raise
        return super().redirect_request(*arguments)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _failed(url, error) from error
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise _failed(url, "only URLs with http or https and a host are fetched")
    return parts


def _copy(
    response: http.client.HTTPResponse, target: IO[bytes], *, maximum: int, deadline: float
) -> None:
    end = time.monotonic() + deadline
    size = 0
    while block := response.read1(_BLOCK):
        size += len(block)
        if size > maximum:
            raise ValueError(f"there are more than {maximum} bytes")
        if time.monotonic() > end:
            raise TimeoutError(f"it takes more than {deadline} seconds")
        target.write(block)
    promised = response.headers.get("Content-Length", "")
    if promised.isdecimal() and int(promised) != size:
        raise ValueError(f"only {size} of {promised} bytes arrived")


def _failed(url: str, reason: object) -> BadRequest:
    return BadRequest(f"The URL {url[:200]!r} cannot be imported: {str(reason)[:200]}.")
