"""From answers and from exceptions of the network to the errors of this package."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead

from django_rokka.client.calls import Call
from django_rokka.client.deadline import Clock
from django_rokka.client.tracebacks import iter_chain
from django_rokka.exceptions import (
    AliasExists,
    APIError,
    AuthenticationFailed,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    OrganizationNotFound,
    PermissionDenied,
    PreconditionFailed,
    QuotaExceeded,
    RateLimited,
    ServerError,
    Timeout,
)

__all__ = [
    "error_of_answer",
    "error_of_connection",
    "foreign_exceptions",
    "is_worth_a_retry",
    "read_retry_after",
    "was_never_sent",
]

_BUDGET = "X-RateLimit-Retry-After"
"""A unix timestamp: when an hourly budget has room again."""

_LONGEST_DETAIL = 300

_KINDS: dict[int, type[APIError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    409: Conflict,
    412: PreconditionFailed,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
}

_MESSAGES: dict[type[APIError], str] = {
    OrganizationNotFound: (
        "There is no organization {organization} at {host} ({says})."
        " Check the option organization of the storage, or ROKKA_ORGANIZATION."
    ),
    NotFound: (
        "There is no {subject} in organization {organization} at {host} ({says})."
        " Check it, and the option organization."
    ),
    AuthenticationFailed: (
        "rokka refused the API key for organization {organization} ({says})."
        " Check the option api_key of the storage, or ROKKA_API_KEY."
    ),
    PermissionDenied: (
        "rokka refused {what} ({says}). The API key lacks a role in organization {organization},"
        " or its account {lack}. Check both at rokka."
    ),
    AliasExists: "rokka has it already: {what} ({says}). Pass overwrite=True to replace it.",
    PreconditionFailed: (
        "The destination has it already: {what} ({says}). Pass overwrite=True to replace it."
    ),
    RateLimited: "rokka takes no more calls like {what} for now ({says}). Try again {when}.",
    QuotaExceeded: "rokka takes no more calls like {what} for now ({says}). Try again {when}.",
    ServerError: "rokka failed at {what} ({says}). Try again later.",
}
_MESSAGES_TO_TOKENS: dict[type[APIError], str] = {
    AuthenticationFailed: (
        "rokka refused the token for organization {organization} ({says}). Fetch a new one with an"
        " API key."
    ),
}
_OTHER_MESSAGE = "rokka does not accept {what} ({says}). Change what is sent."

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_ORGANIZATION = re.compile(r"\borgani[sz]ation\b", re.IGNORECASE)
_SUBJECT = re.compile(r"image|alias|stack|user|member|key|field|option", re.IGNORECASE)

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "the certificate is not trusted"),
    (ssl.SSLError, "TLS failed"),
    (socket.gaierror, "the host name is unknown"),
    (ConnectionRefusedError, "connection refused"),
    (IncompleteRead, "the answer broke off"),
    (ConnectionError, "the connection broke"),
    (ValueError, "it cannot be sent"),
)


def foreign_exceptions() -> tuple[type[Exception], ...]:
    """Return what requests and the layers below it raise; ``OSError`` is also requests' base."""
    from urllib3.exceptions import HTTPError

    # A ValueError: http.client and requests refuse what they cannot write.
    return HTTPError, HTTPException, OSError, ValueError


def error_of_connection(error: Exception, *, call: Call, api_host: str) -> ConnectionFailed:
    """Translate an exception of the network."""
    api_host = call.host or api_host
    if any(_is_timeout(link) for link in iter_chain(error)):
        return Timeout(
            f"No answer in time to {call.method} {api_host}{call.path}. Try again later, or raise"
            " the option timeout or the call's deadline.",
            method=call.method,
            path=call.path,
        )
    return ConnectionFailed(
        f"No connection to {api_host} for {call.method} {call.path} ({_reason(error)})."
        " Check the network and the option api_host.",
        method=call.method,
        path=call.path,
    )


def is_worth_a_retry(error: Exception) -> bool:
    """Say whether the same request may get through later.

    A certificate stays untrusted, and what requests refuses to send (a ``ValueError``) too.
    """
    is_untrusted = any(isinstance(link, ssl.SSLCertVerificationError) for link in iter_chain(error))
    return not (is_untrusted or isinstance(error, ValueError))


def was_never_sent(error: Exception) -> bool:
    """Say whether there was no connection at all, so that nothing can have been done."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    return any(
        isinstance(link, (ConnectTimeoutError, NewConnectionError)) for link in iter_chain(error)
    )


def error_of_answer(
    *,
    call: Call,
    api_host: str,
    status: int,
    text: str,
    headers: Mapping[str, str],
    clock: Clock,
    has_token: bool = False,
) -> APIError:
    """Translate an answer that is no success.

    ``text`` is its body; in it and in the headers the credentials are masked. ``has_token`` says
    that the request carried a token instead of the key.
    """
    if status < 400:
        return _redirected(call, status, api_host=api_host, headers=headers, text=text)
    detail, is_about_credentials = _read_body(text)
    detail = _make_storable(detail)
    kind = _kind(
        call, status, detail=detail, is_about_credentials=is_about_credentials, headers=headers
    )
    retry_after = read_retry_after(headers, clock=clock)
    says = f"{status}: {detail}" if detail else str(status)
    messages = {**_MESSAGES, **_MESSAGES_TO_TOKENS} if has_token else _MESSAGES
    template = messages.get(_kind_of_words(kind, call), _OTHER_MESSAGE)
    error = kind(
        _write(template, call, api_host=api_host, says=says, retry_after=retry_after),
        status=status,
        method=call.method,
        path=call.path,
        body=text,
        detail=detail,
    )
    if isinstance(error, RateLimited) and retry_after is not None:
        error.retry_at = datetime.fromtimestamp(clock.time() + retry_after, timezone.utc)
    if isinstance(error, PermissionDenied):
        error.feature = call.feature
    return error


def read_retry_after(headers: Mapping[str, str], *, clock: Clock) -> float | None:
    """Return the seconds to wait, ``None`` when rokka does not say or says nothing readable."""
    if budget := headers.get(_BUDGET):
        timestamp = _read_number(budget)
        return None if timestamp is None else max(0.0, timestamp - clock.time())
    text = headers.get("Retry-After", "").strip()
    seconds = _read_number(text)
    if seconds is not None:
        return seconds
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=timezone.utc)
        return max(0.0, date.timestamp() - clock.time())
    except (ValueError, OverflowError):
        return None


def _redirected(
    call: Call, status: int, *, api_host: str, headers: Mapping[str, str], text: str
) -> APIError:
    where = re.sub(r"[?#].*", "", headers.get("Location", ""))[:_LONGEST_DETAIL]
    return APIError(
        f"{api_host} answered {call.method} {call.path} with a redirect to {where!r} ({status}). It"
        " is not followed, because the API key must not travel. Check the option api_host.",
        status=status,
        method=call.method,
        path=call.path,
        body=text,
    )


def _kind(
    call: Call,
    status: int,
    *,
    detail: str,
    is_about_credentials: bool,
    headers: Mapping[str, str],
) -> type[APIError]:
    if status == 404:
        is_known = call.subject and not _misses_organization(detail)
        return NotFound if is_known else OrganizationNotFound
    if status == 403:
        return AuthenticationFailed if is_about_credentials else PermissionDenied
    if status == 429:
        return QuotaExceeded if _BUDGET in headers else RateLimited
    if status == 409 and call.segments[2:3] == ("alias",):
        return AliasExists
    if status >= 500:
        return ServerError
    return _KINDS.get(status, APIError)


def _misses_organization(detail: str) -> bool:
    """Say whether rokka's words are about the organization alone, whatever it quotes in them."""
    words = _QUOTED.sub("", detail)
    return bool(_ORGANIZATION.search(words)) and not _SUBJECT.search(words)


def _kind_of_words(kind: type[APIError], call: Call) -> type[APIError]:
    """Return the error in whose words this one is told: a stack exists as an alias does."""
    return AliasExists if kind is Conflict and call.segments[:1] == ("stacks",) else kind


def _write(
    template: str, call: Call, *, api_host: str, says: str, retry_after: float | None
) -> str:
    return template.format(
        what=f"{call.method} {call.path}",
        host=api_host,
        organization=repr(call.organization),
        subject=call.subject,
        says=says,
        lack=f"lacks the feature ({call.feature})" if call.feature else "lacks the feature",
        when="later" if retry_after is None else f"in {retry_after:.0f} s",
    )


def _make_storable(text: str) -> str:
    """Replace what JSON can say and no database holds: a NUL, and halves of characters."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()


def _read_body(text: str) -> tuple[str, bool]:
    """Return rokka's own words, and whether they are about the credentials.

    Four shapes exist: nested, flat, a code as text, and nothing.
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
    return float(text) if re.fullmatch(r"[0-9]{1,10}(\.[0-9]*)?", text) else None
