"""From answers and from exceptions of the network to the errors of this package."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead

from django_rokka.client.calls import Call
from django_rokka.client.deadline import Clock
from django_rokka.client.tracebacks import iter_chain
from django_rokka.exceptions import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    Conflict,
    ConnectionFailed,
    NotFound,
    OrganizationNotFound,
    PermissionRefused,
    RateLimited,
    RequestTimeout,
    ServerError,
)

__all__ = [
    "BUDGET_HEADER",
    "error_of_answer",
    "error_of_connection",
    "foreign_exceptions",
    "is_worth_a_retry",
    "read_retry_after",
]

BUDGET_HEADER = "X-RateLimit-Retry-After"
"""A unix timestamp: when the hourly budget of cache invalidations has room again."""

_LONGEST_DETAIL = 300

_KINDS: dict[int, type[APIError]] = {
    400: BadRequest,
    401: AuthenticationFailed,
    409: Conflict,
    412: Conflict,
    413: BadRequest,
    415: BadRequest,
    422: BadRequest,
    429: RateLimited,
}

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_ORGANIZATION = re.compile(r"\borgani[sz]ation\b", re.IGNORECASE)
_SUBJECT = re.compile(r"image|alias|stack", re.IGNORECASE)

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "the certificate is not trusted"),
    (ssl.SSLError, "TLS failed"),
    (socket.gaierror, "the host name is unknown"),
    (ConnectionRefusedError, "connection refused"),
    (IncompleteRead, "the answer broke off"),
    (ConnectionError, "the connection broke"),
)


def foreign_exceptions() -> tuple[type[Exception], ...]:
    """Return what requests and the layers below it raise; ``OSError`` is also requests' base."""
    from urllib3.exceptions import HTTPError

    return HTTPError, HTTPException, OSError


def error_of_connection(error: Exception, *, call: Call, api_host: str) -> ConnectionFailed:
    """Translate an exception of the network."""
    what = f"{call.method} {api_host}{call.path}"
    if any(_is_timeout(link) for link in iter_chain(error)):
        return RequestTimeout(
            f"No answer in time to {what}. Try again later, or raise the option timeout or the"
            " call's deadline."
        )
    return ConnectionFailed(
        f"No connection to {api_host} for {call.method} {call.path} ({_reason(error)})."
        " Check the network and the option api_host."
    )


def is_worth_a_retry(error: Exception) -> bool:
    """Say whether the same request may get through later.

    A certificate stays untrusted, and what requests refuses to send (a ``ValueError``) too.
    """
    is_untrusted = any(isinstance(link, ssl.SSLCertVerificationError) for link in iter_chain(error))
    return not (is_untrusted or isinstance(error, ValueError))


def error_of_answer(
    *,
    call: Call,
    api_host: str,
    status: int,
    text: str,
    location: str = "",
    retry_after: float | None = None,
) -> APIError:
    """Translate an answer that is no success.

    ``text`` is its body, ``location`` its header, both with any key masked; ``retry_after`` is
    in seconds.
    """
    if status < 400:
        return _redirected(call, status, api_host=api_host, location=location)
    detail, is_about_credentials = _read_body(text)
    kind = _kind(call, status, detail=detail, is_about_credentials=is_about_credentials)
    says = f"{status}: {detail}" if detail else str(status)
    error = kind(
        _message(kind, call, api_host=api_host, says=says, retry_after=retry_after),
        status=status,
        method=call.method,
        path=call.path,
        detail=detail,
    )
    if isinstance(error, RateLimited):
        error.retry_after = retry_after
    return error


def read_retry_after(headers: Mapping[str, str], *, clock: Clock) -> float | None:
    """Return the seconds to wait, ``None`` when rokka does not say or says nothing readable."""
    if budget := headers.get(BUDGET_HEADER):
        timestamp = _read_number(budget)
        return None if timestamp is None else max(0.0, timestamp - clock.time())
    text = headers.get("Retry-After", "").strip()
    seconds = _read_number(text)
    if seconds is not None:
        return seconds
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, date.timestamp() - clock.time())


def _redirected(call: Call, status: int, *, api_host: str, location: str) -> APIError:
    where = re.sub(r"[?#].*", "", location)[:_LONGEST_DETAIL]
    return APIError(
        f"{api_host} answered {call.method} {call.path} with a redirect to {where!r} ({status}). It"
        " is not followed, because the API key must not travel. Check the option api_host.",
        status=status,
        method=call.method,
        path=call.path,
    )


def _kind(call: Call, status: int, *, detail: str, is_about_credentials: bool) -> type[APIError]:
    if status == 404:
        is_known = call.subject and not _misses_organization(detail)
        return NotFound if is_known else OrganizationNotFound
    if status == 403:
        return AuthenticationFailed if is_about_credentials else PermissionRefused
    if status >= 500:
        return ServerError
    return _KINDS.get(status, APIError)


def _misses_organization(detail: str) -> bool:
    """Say whether rokka's words are about the organization alone, whatever it quotes in them."""
    words = _QUOTED.sub("", detail)
    return bool(_ORGANIZATION.search(words)) and not _SUBJECT.search(words)


def _message(
    kind: type[APIError], call: Call, *, api_host: str, says: str, retry_after: float | None
) -> str:
    what = f"{call.method} {call.path}"
    organization = call.organization
    if kind is OrganizationNotFound:
        return (
            f"There is no organization {organization!r} at {api_host} ({says})."
            " Check the option organization of the storage, or ROKKA_ORGANIZATION."
        )
    if kind is NotFound:
        return (
            f"There is no {call.subject} in organization {organization!r} at {api_host} ({says})."
            " Check it, and the option organization."
        )
    if kind is AuthenticationFailed:
        return (
            f"rokka refused the API key for organization {organization!r} ({says})."
            " Check the option api_key of the storage, or ROKKA_API_KEY."
        )
    if kind is PermissionRefused:
        return (
            f"rokka refused {what} ({says}). The API key lacks a role in organization"
            f" {organization!r}, or its account lacks the feature: check both at rokka."
        )
    if kind is Conflict:
        return f"rokka has it already: {what} ({says}). Pass overwrite=True to replace it."
    if kind is RateLimited:
        when = "later" if retry_after is None else f"in {retry_after:.0f} s"
        return f"rokka takes no more calls like {what} for now ({says}). Try again {when}."
    if kind is ServerError:
        return f"rokka failed at {what} ({says}). Try again later."
    return f"rokka does not accept {what} ({says}). Change what is sent."


def _read_body(text: str) -> tuple[str, bool]:
    """Return rokka's own words, and whether they are about the credentials.

    Four shapes exist (API.md 1.5): nested, flat, a code as text, and nothing.
    """
    try:
        data = json.loads(text)
    except ValueError:
        return _shorten(text), False
    if not isinstance(data, dict):
        return _shorten(text), False
    error = data.get("error")
    inner = error if isinstance(error, dict) else data
    message = next(
        (
            str(found)
            for found in (inner.get("message"), inner.get("status"), error)
            if isinstance(found, str) and found
        ),
        "",
    )
    # Older answers lack the flag, but not the word.
    is_about_credentials = bool(data.get("invalid_authentication")) or isinstance(error, str)
    return _shorten(message), is_about_credentials or "credentials" in message.lower()


def _shorten(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_DETAIL]


def _is_timeout(error: BaseException) -> bool:
    from requests import Timeout

    return isinstance(error, (TimeoutError, Timeout))


def _reason(error: BaseException) -> str:
    links = list(iter_chain(error))
    for kind, reason in _REASONS:
        if any(isinstance(link, kind) for link in links):
            return reason
    return type(error).__name__


def _read_number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]*)?", text) else None
