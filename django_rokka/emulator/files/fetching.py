"""Files fetched from URLs, streamed to disk."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from werkzeug.exceptions import BadRequest
from werkzeug.urls import iri_to_uri

from django_rokka.emulator.access.ip_addresses import is_host
from django_rokka.emulator.errors import Missing
from django_rokka.emulator.files.journeys import Journey, PrivateAddress, handlers
from django_rokka.emulator.http.incoming import MAX_UPLOAD, base_name

__all__ = ["Check", "PrivateHost", "fetch", "name_of_url"]

_DEADLINE = 120
"""Seconds until all bytes have to be there."""
_BLOCK = 64 * 1024
_NO_HOST = "has a host with more than letters, digits, '.', '-' and ':'"
_STILL = re.compile(r"@[0-9]{1,2}(?::[0-9]{2}){1,2}(?:\.[0-9]+)?")

Check = Callable[[str], bool]
"""Raise for a URL that must not be asked; say whether its address may be a private one."""


class PrivateHost(BadRequest):
    """400 for a host in a private network."""


def fetch(
    url: str,
    target: IO[bytes],
    *,
    maximum: int = MAX_UPLOAD,
    deadline: float = _DEADLINE,
    check: Check | None = None,
) -> None:
    """Write what a URL answers to a file; answer 400 with the reason when that fails.

    ``check`` sees where redirects lead, too; without it every address may be asked.
    """
    if _STILL.search(_split(url).path):
        raise Missing(f"stills of videos ({url[:200]!r})")
    with Journey(deadline) as journey:
        try:
            _fetch(url, target, maximum=maximum, check=check, journey=journey)
        except HTTPError as error:
            error.close()
            raise _failed(url, f"the answer is {error.code} {error.msg}") from error
        except PrivateAddress as error:
            raise _private(url, error) from error
        except URLError as error:
            if isinstance(error.reason, PrivateAddress):
                raise _private(url, error.reason) from error
            raise _failed(url, journey.end_reason or error.reason) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _failed(url, journey.end_reason or error) from error


def name_of_url(url: str) -> str:
    """Return the file name in a URL, or answer 400 when it is none that is fetched."""
    return base_name(unquote(_split(url).path.rpartition("/")[2]))


class _RedirectHandler(HTTPRedirectHandler):
    """Follow redirects as far as they lead to what may be asked."""

    def __init__(self, allow: Callable[[str], None]) -> None:
        self._allow = allow

    def redirect_request(self, *arguments: Any) -> Request | None:
        """Return the next request: the second argument leads to the URL that is the last one."""
        # Of a body nothing is read, however long it is.
        arguments[1].close()
        self._allow(arguments[-1])
        return super().redirect_request(*arguments)


def _fetch(
    url: str, target: IO[bytes], *, maximum: int, check: Check | None, journey: Journey
) -> None:
    def allow(url: str) -> None:
        if not is_host(urlsplit(url).hostname or ""):
            raise ValueError(f"{url[:100]!r} {_NO_HOST}")
        journey.may_be_private = check is None or check(url)

    allow(url)
    opener = OpenerDirector()
    # The handlers of file and FTP are not among them: no redirect leads there.
    for handler in (HTTPDefaultErrorHandler, HTTPErrorProcessor, ProxyHandler, UnknownHandler):
        opener.add_handler(handler())
    for own in (*handlers(journey), _RedirectHandler(allow)):
        opener.add_handler(own)
    request = Request(iri_to_uri(url), headers={"User-Agent": "rokka-emulator"})  # noqa: S310, checked
    with opener.open(request, timeout=journey.seconds) as response:
        _copy(response, target, maximum=maximum)
    if journey.end_reason:
        # A connection that was ended looks like an answer at its end.
        raise TimeoutError(journey.end_reason)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _failed(url, error) from error
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise _failed(url, "only URLs with http or https and a host are fetched")
    if not is_host(parts.hostname or ""):
        raise _failed(url, f"it {_NO_HOST}")
    return parts


def _copy(response: http.client.HTTPResponse, target: IO[bytes], *, maximum: int) -> None:
    size = 0
    while block := response.read1(_BLOCK):
        size += len(block)
        if size > maximum:
            raise ValueError(f"there are more than {maximum} bytes")
        target.write(block)
    promised = response.headers.get("Content-Length", "")
    if promised.isdecimal() and int(promised) != size:
        raise ValueError(f"only {size} of {promised} bytes arrived")


def _private(url: str, error: PrivateAddress) -> PrivateHost:
    return PrivateHost(f"The URL {url[:200]!r} cannot be imported: {error}")


def _failed(url: str, reason: object) -> BadRequest:
    return BadRequest(f"The URL {url[:200]!r} cannot be imported: {str(reason)[:200]}.")
