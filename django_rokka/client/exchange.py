"""One call with all its attempts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django_rokka import __version__
from django_rokka.client.calls import Call, Repeat
from django_rokka.client.credentials import Authorization
from django_rokka.client.deadline import Clock, Deadline, Timeouts
from django_rokka.client.errors import (
    error_of_answer,
    error_of_connection,
    foreign_exceptions,
    is_worth_a_retry,
    read_retry_after,
    was_never_sent,
)
from django_rokka.client.multipart import BLOCK_SIZE, Body
from django_rokka.client.retries import LONGEST_WAIT, Failure, repeat
from django_rokka.client.tracebacks import forget_tracebacks
from django_rokka.exceptions import CallFailed, NotFound, Timeout

if TYPE_CHECKING:
    from requests import Response, Session

__all__ = ["Exchange"]

_REFUSED = frozenset({429, 503})
"""Statuses after which nothing was done, and which may pass."""

_UNKNOWN = frozenset({502, 504})
"""Statuses of what stands before rokka: whether something was done is not known."""

_REQUEST_ID = "X-Request-Id"
_LONGEST_BODY = 64 * 1024

_T = TypeVar("_T")

logger = logging.getLogger("django_rokka.client")


class Exchange(Generic[_T]):
    """Make a call until it succeeds or has failed for good.

    ``authorize`` gives the credentials of each attempt, ``forget`` takes a token that was
    refused and says whether there may be another one; ``receive`` reads a success.
    """

    def __init__(
        self,
        call: Call,
        *,
        api_host: str,
        timeouts: Timeouts,
        retries: int,
        clock: Clock,
        get_session: Callable[[], Session],
        authorize: Callable[[Call, Deadline], Authorization],
        forget: Callable[[Authorization], bool],
        receive: Callable[[Call, Response, Deadline], _T],
    ) -> None:
        self._call = call
        self._api_host = call.host or api_host
        self._timeouts = timeouts
        self._retries = 0 if call.repeat is Repeat.NEVER else retries
        self._clock = clock
        self._get_session = get_session
        self._authorize = authorize
        self._forget = forget
        self._receive = receive
        self._deadline = Deadline(call.deadline, clock=clock)
        self._payload = None if call.json is None else json.dumps(call.json, allow_nan=False)
        self._number = 0
        self._may_be_done = False  # an attempt was sent, and its answer got lost
        self._has_new_token = False

    def run(self) -> _T | None:
        """Return what ``receive`` made; ``None`` where a lost attempt had deleted the thing."""
        outcome, is_cut_short = repeat(
            self._attempt,
            retries=self._retries,
            deadline=self._deadline,
            clock=self._clock,
            on_retry=self._log_retry,
        )
        if not isinstance(outcome, Failure):
            return outcome
        error = outcome.error
        if isinstance(error, NotFound) and self._call.deletes and self._may_be_done:
            return None
        if is_cut_short and isinstance(error, CallFailed):
            raise Timeout(
                f"{self._call.method} {self._api_host}{self._call.path} did not succeed within its"
                f" deadline of {self._deadline.seconds:g} s. The last try: {error} Give the call"
                " more time, or try again later.",
                status=error.status,
                method=error.method,
                path=error.path,
                body=error.body,
            ) from error
        raise error from outcome.cause

    def _attempt(self) -> _T | Failure:
        """Make one request. Nothing that requests raises gets past here but as a cause."""
        self._number += 1
        started = self._clock.monotonic()
        authorization = (
            Authorization() if self._call.is_public else self._authorize(self._call, self._deadline)
        )
        try:
            response = self._send(authorization)
            self._log(str(response.status_code), response.headers.get(_REQUEST_ID, ""), started)
            if 200 <= response.status_code < 300:
                return self._receive(self._call, response, self._deadline)
            failure = self._read_refusal(response, authorization)
        except foreign_exceptions() as error:
            body = self._call.body
            if body is not None and body.failure is not None:
                return Failure(body.failure)
            forget_tracebacks(error)
            self._log(type(error).__name__, "", started)
            return self._fail(error)
        if self._may_get_a_token(response.status_code, authorization):
            return self._attempt()  # nothing was done, and there is nothing to wait for
        return failure

    def _send(self, authorization: Authorization) -> Response:
        call = self._call
        headers = {
            "Accept": "application/json",
            "Api-Version": "1",
            "User-Agent": f"django-rokka/{__version__}",
            **call.headers,
        }
        data: Any = None
        if call.body is not None:
            headers["Content-Type"] = call.body.content_type
            data = _WatchedBody(call.body, self._deadline)
        elif self._payload is not None:
            headers["Content-Type"] = "application/json"
            data = self._payload.encode()
        return self._get_session().request(
            call.method,
            f"{self._api_host}{call.path}{call.query}",
            data=data,
            headers=headers,
            # With credentials of its own requests does not look into ~/.netrc.
            auth=authorization,
            timeout=self._deadline.shorten(self._timeouts),
            allow_redirects=False,
            stream=True,
        )

    def _read_refusal(self, response: Response, authorization: Authorization) -> Failure:
        with response:
            text = self._read_beginning(response).decode(errors="replace")
        status = response.status_code
        headers = response.headers.copy()
        headers.update({name: authorization.mask(value) for name, value in headers.items()})
        retry_after = read_retry_after(headers, clock=self._clock)
        error = error_of_answer(
            call=self._call,
            api_host=self._api_host,
            status=status,
            text=authorization.mask(text)[:_LONGEST_BODY],
            headers=headers,
            clock=self._clock,
            has_token=bool(authorization.token),
        )
        self._may_be_done |= status in _UNKNOWN
        is_transient = (
            self._can_repeat(is_refused=status in _REFUSED)
            and status in _REFUSED | _UNKNOWN
            and (retry_after or 0) <= LONGEST_WAIT
            and self._deadline.has_time_for(retry_after or 0)
        )
        return Failure(error, is_transient=is_transient, retry_after=retry_after)

    def _read_beginning(self, response: Response) -> bytes:
        """Read as much of a refusal as errors tell; one that breaks off is a refusal still."""
        content = b""
        try:
            for block in self._deadline.watch(response.iter_content(BLOCK_SIZE)):
                content += block
                if len(content) > _LONGEST_BODY:
                    break
        except foreign_exceptions() as error:
            logger.debug("%s: its body broke off (%s)", self._call.path, type(error).__name__)
        return content

    def _may_get_a_token(self, status: int, authorization: Authorization) -> bool:
        """Say, once, whether another token may be accepted where this one was not."""
        if status != 401 or self._has_new_token:
            return False
        self._has_new_token = True
        return self._forget(authorization)

    def _fail(self, error: Exception) -> Failure:
        never_sent = was_never_sent(error)
        self._may_be_done |= not never_sent
        return Failure(
            error_of_connection(error, call=self._call, api_host=self._api_host),
            error,
            is_transient=is_worth_a_retry(error) and self._can_repeat(is_refused=never_sent),
        )

    def _can_repeat(self, *, is_refused: bool) -> bool:
        return self._call.repeat is Repeat.ALWAYS or (
            self._call.repeat is Repeat.UNLESS_UNKNOWN and is_refused
        )

    def _log(self, outcome: str, request_id: str, started: float) -> None:
        logger.debug(
            "%s %s %s %.0f ms (attempt %d, organization %s%s)",
            self._call.method,
            self._call.path,
            outcome,
            (self._clock.monotonic() - started) * 1000,
            self._number,
            self._call.organization,
            f", request {request_id[:100]!r}" if request_id else "",
        )

    def _log_retry(self, failure: Failure, seconds: float) -> None:
        logger.warning(
            "%s %s failed, next try in %.1f s (attempt %d, organization %s): %s",
            self._call.method,
            self._call.path,
            seconds,
            self._number,
            self._call.organization,
            failure.error,
        )


class _WatchedBody:
    """An upload that stops when its deadline passes."""

    def __init__(self, body: Body, deadline: Deadline) -> None:
        self._body = body
        self._deadline = deadline

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        return self._deadline.watch(iter(self._body))
