"""The one seam between this package and the network: requests, retries, errors and logs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from django_rokka import __version__
from django_rokka.client.calls import Answer, Call
from django_rokka.client.connections import Connections
from django_rokka.client.deadline import Clock, Deadline, Timeout
from django_rokka.client.download import Download
from django_rokka.client.errors import (
    BUDGET_HEADER,
    error_of_answer,
    error_of_connection,
    foreign_exceptions,
    is_worth_a_retry,
    read_retry_after,
)
from django_rokka.client.hosts import hide_credentials, is_host
from django_rokka.client.multipart import BLOCK_SIZE, MultipartBody
from django_rokka.client.observation import tell_observers
from django_rokka.client.retries import LONGEST_WAIT, Failure, repeat
from django_rokka.client.secrets import Secret, is_key
from django_rokka.client.tracebacks import forget_tracebacks
from django_rokka.exceptions import ConnectionFailed, RequestTimeout

if TYPE_CHECKING:
    from requests import PreparedRequest, Response
    from requests.adapters import BaseAdapter

__all__ = ["DEFAULT_TIMEOUT", "Session"]

DEFAULT_TIMEOUT: Timeout = (10.0, 60.0)
"""Seconds to connect, and to wait for each piece of an answer: rokka delays before it refuses."""

_TRANSIENT = frozenset({429, 502, 503, 504})

_T = TypeVar("_T")

logger = logging.getLogger("django_rokka.client")


class Session:
    """Send calls to one API host with one key.

    Safe to share among threads, and to use on both sides of a fork.
    """

    def __init__(
        self,
        *,
        api_key: Secret,
        api_host: str,
        timeout: float | Timeout,
        retries: int,
        adapter: BaseAdapter | None,
        clock: Clock,
    ) -> None:
        _check_host(api_host)
        _check_key(api_key)
        self.api_host = api_host.rstrip("/")
        self._api_key = api_key
        self._timeout = _read_timeout(timeout)
        self._retries = _check_retries(retries)
        self._clock = clock
        self._connections = Connections(authenticate=self._authenticate, adapter=adapter)

    def request(self, call: Call) -> Answer:
        """Make a call and read its answer whole."""
        return self._repeat(call, self._read_answer)

    def stream(self, call: Call) -> Download:
        """Make a call and leave its answer open. Only opening it is retried, not reading it."""
        return self._repeat(call, self._open_download)

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _repeat(self, call: Call, receive: Callable[[Call, Response, Deadline], _T]) -> _T:
        tell_observers(call)
        deadline = Deadline(call.deadline, clock=self._clock)

        def log_retry(failure: Failure, seconds: float) -> None:
            logger.warning(
                "%s %s failed, next try in %.1f s (organization %s): %s",
                *(call.method, call.path, seconds, call.organization, failure.error),
            )

        outcome, is_cut_short = repeat(
            lambda: self._attempt(call, deadline, receive),
            retries=self._retries if call.is_repeatable else 0,
            deadline=deadline,
            clock=self._clock,
            on_retry=log_retry,
        )
        if not isinstance(outcome, Failure):
            return outcome
        if is_cut_short:
            raise RequestTimeout(
                f"{call.method} {self.api_host}{call.path} did not succeed within its deadline of"
                f" {deadline.seconds:g} s. The last try: {outcome.error} Give the call more time,"
                " or try again later."
            ) from outcome.error
        raise outcome.error from outcome.cause

    def _attempt(
        self, call: Call, deadline: Deadline, receive: Callable[[Call, Response, Deadline], _T]
    ) -> _T | Failure:
        """Make one request. Nothing that requests raises gets past here but as a cause."""
        started = self._clock.monotonic()
        try:
            response = self._send(call, deadline)
            milliseconds = (self._clock.monotonic() - started) * 1000
            logger.debug(
                "%s %s %d %.0f ms (organization %s)",
                *(call.method, call.path, response.status_code, milliseconds, call.organization),
            )
            if 200 <= response.status_code < 300:
                return receive(call, response, deadline)
            return self._read_refusal(call, response, deadline)
        except foreign_exceptions() as error:
            if call.body is not None and call.body.failure is not None:
                return Failure(call.body.failure)
            forget_tracebacks(error)
            logger.debug(
                "%s %s %s (organization %s)",
                *(call.method, call.path, type(error).__name__, call.organization),
            )
            translated = error_of_connection(error, call=call, api_host=self.api_host)
            return Failure(translated, error, is_transient=is_worth_a_retry(error))

    def _send(self, call: Call, deadline: Deadline) -> Response:
        headers = {
            "Accept": "application/json",
            "Api-Version": "1",
            "User-Agent": f"django-rokka/{__version__}",
            **call.headers,
        }
        data: Any = None
        if call.body is not None:
            headers["Content-Type"] = call.body.content_type
            data = _WatchedBody(call.body, deadline)
        elif call.json is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(call.json, allow_nan=False).encode()
        return self._connections.get_session().request(
            call.method,
            f"{self.api_host}{call.path}",
            params=dict(call.parameters),
            data=data,
            headers=headers,
            timeout=deadline.shorten(self._timeout),
            allow_redirects=False,
            stream=True,
        )

    def _read_answer(self, call: Call, response: Response, deadline: Deadline) -> Answer:
        with response:
            content = b"".join(deadline.watch(response.iter_content(BLOCK_SIZE)))
        return Answer(call=call, status=response.status_code, content=content)

    def _read_refusal(self, call: Call, response: Response, deadline: Deadline) -> Failure:
        with response:
            blocks = deadline.watch(response.iter_content(BLOCK_SIZE))
            text = b"".join(islice(blocks, 2)).decode(errors="replace")
        retry_after = read_retry_after(response.headers, clock=self._clock)
        error = error_of_answer(
            call=call,
            api_host=self.api_host,
            status=response.status_code,
            text=self._api_key.mask(text),
            location=self._api_key.mask(response.headers.get("Location", "")),
            retry_after=retry_after,
        )
        is_transient = (
            response.status_code in _TRANSIENT
            and BUDGET_HEADER not in response.headers
            and (retry_after or 0) <= LONGEST_WAIT
            and deadline.has_time_for(retry_after or 0)
        )
        return Failure(error, is_transient=is_transient, retry_after=retry_after)

    def _open_download(self, call: Call, response: Response, deadline: Deadline) -> Download:
        length = response.headers.get("Content-Length", "")
        is_encoded = "Content-Encoding" in response.headers
        size = int(length) if length.isdecimal() and not is_encoded else None
        blocks = self._iter_download(call, response, deadline, size)
        return Download(blocks, size=size, close=response.close)

    def _iter_download(
        self, call: Call, response: Response, deadline: Deadline, size: int | None
    ) -> Iterator[bytes]:
        received = 0
        try:
            for block in deadline.watch(response.iter_content(BLOCK_SIZE)):
                received += len(block)
                yield block
        except foreign_exceptions() as error:
            forget_tracebacks(error)
            raise error_of_connection(error, call=call, api_host=self.api_host) from error
        if size is not None and received != size:
            raise ConnectionFailed(
                f"The answer to {call.method} {call.path} broke off after {received} of {size}"
                " bytes. Download it again."
            )

    def _authenticate(self, request: PreparedRequest) -> PreparedRequest:
        if self._api_key:
            request.headers["Api-Key"] = self._api_key
        return request


class _WatchedBody:
    """An upload that stops when its deadline passes."""

    def __init__(self, body: MultipartBody, deadline: Deadline) -> None:
        self._body = body
        self._deadline = deadline

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        return self._deadline.watch(iter(self._body))


def _check_host(api_host: str) -> None:
    if not is_host(api_host):
        raise ValueError(
            f"{hide_credentials(api_host)!r} is no API host: write scheme, host and perhaps a"
            " path, such as 'https://api.rokka.io'."
        )


def _read_timeout(timeout: float | Timeout) -> Timeout:
    pair = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    if not all(seconds > 0 for seconds in pair):
        raise ValueError(
            f"The timeout {timeout!r} is none: give seconds above 0, one number or a pair."
        )
    return pair


def _check_retries(retries: int) -> int:
    if retries < 0:
        raise ValueError(f"{retries!r} retries cannot be made: give 0 or more.")
    return retries


def _check_key(api_key: Secret) -> None:
    if not is_key(api_key):
        raise ValueError(
            "The API key has characters that no key has, such as white space or a line end. Copy"
            " it again, without quotes."
        )
