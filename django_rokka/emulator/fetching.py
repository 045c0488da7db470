"""Files fetched from URLs, streamed to disk."""

from __future__ import annotations

import http.client
import re
import time
from typing import IO
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
    HTTPRedirectHandler,
    HTTPSHandler,
    ProxyHandler,
    UnknownHandler,
)
# The handlers of file and FTP are not among them: no redirect leads there.


def fetch(
    url: str, target: IO[bytes], *, maximum: int = MAX_UPLOAD, deadline: float = _DEADLINE
) -> None:
    """Write what a URL answers to a file; answer 400 with the reason when that fails."""
    if _STILL.search(_split(url).path):
        raise Missing(f"stills of videos ({url[:200]!r})")
    opener = OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
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
