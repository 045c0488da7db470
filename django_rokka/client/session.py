"""The one seam between this package and the network: credentials, connections, answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from django_rokka.client.calls import Answer, Call, Repeat
from django_rokka.client.connections import Connections
from django_rokka.client.credentials import Authorization, Credentials, TokenStore
from django_rokka.client.deadline import Clock, Deadline, Timeouts
from django_rokka.client.download import Download
from django_rokka.client.errors import error_of_connection, foreign_exceptions
from django_rokka.client.exchange import Exchange
from django_rokka.client.hosts import hide_credentials, is_host
from django_rokka.client.multipart import BLOCK_SIZE
from django_rokka.client.objects import Token
from django_rokka.client.observation import tell_observers
from django_rokka.client.secrets import Secret
from django_rokka.client.tracebacks import forget_tracebacks
from django_rokka.exceptions import CallFailed, ConnectionFailed, ReadOnly, Timeout

if TYPE_CHECKING:
    import requests

__all__ = ["DEFAULT_TIMEOUT", "Session"]

DEFAULT_TIMEOUT: Timeouts = (5.0, 60.0)
"""Seconds to connect, and to wait for each piece of an answer: rokka delays before it refuses."""

_FOR_EVER = 1_000_000
"""Seconds that are no timeout; beyond some number of them sockets refuse too."""

_T = TypeVar("_T")

logger = logging.getLogger("django_rokka.client")


class Session:
    """Send calls to one API host with one set of credentials.

    Safe to share among threads, and to use on both sides of a fork.
    """

    def __init__(
        self,
        *,
        organization: str,
        api_key: Secret,
        tokens: TokenStore | None,
        api_host: str,
        timeout: float | Timeouts,
        retries: int,
        make_session: Callable[[], requests.Session] | None,
        clock: Clock,
        read_only: bool,
    ) -> None:
        _check_host(api_host)
        self._api_host = api_host.rstrip("/")
        self.credentials = Credentials(api_key=api_key, tokens=tokens, clock=clock)
        self._organization = organization
        self._token_parameters: Mapping[str, str] = {}
        self._timeouts = _read_timeout(timeout)
        self._retries = _check_retries(retries)
        self._clock = clock
        self._connections = Connections(make_session)
        self._read_only = read_only

    def request(self, call: Call, *, authorization: Authorization | None = None) -> Answer:
        """Make a call and read its answer whole.

        ``authorization`` takes the place of the session's own credentials.
        """
        answer = self._exchange(call, _read_answer, authorization=authorization)
        return answer or Answer(call=call, status=204, content=b"")

    def stream(self, call: Call) -> Download:
        """Make a call and leave its answer open. Only opening it is retried, not reading it."""
        download = self._exchange(call, self._open_download)
        if download is None:
            raise TypeError(f"{call.method} deletes and has nothing to download.")
        return download

    def fetch_token(
        self,
        *,
        authorization: Authorization | None = None,
        parameters: Mapping[str, str] | None = None,
        repeat: Repeat = Repeat.ALWAYS,
        deadline: float | None = None,
    ) -> Token:
        """Exchange a key or a renewable token for a new token and keep it.

        The key comes first: by a token, none is to be had that lives longer. ``parameters`` are
        those of the token, and of all that follow it.
        """
        if parameters is not None:
            self._token_parameters = parameters
        call = Call(
            method="GET",
            segments=("user", "apikeys", "token"),
            organization=self._organization,
            subject="user of these credentials",
            parameters=self._token_parameters,
            repeat=repeat,
            deadline=deadline,
        )
        key = self.credentials.api_key
        if authorization is None and key:
            authorization = Authorization(api_key=key)
        elif authorization is None:
            authorization = self.credentials.authorize(call, self.credentials.get_token())
        answer = self.request(call, authorization=authorization)
        token = answer.read_as(lambda data: Token.parse(data["token"]))
        self.credentials.set_token(token)
        return token

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _exchange(
        self,
        call: Call,
        receive: Callable[[Call, requests.Response, Deadline], _T],
        *,
        authorization: Authorization | None = None,
    ) -> _T | None:
        if self._read_only and call.is_write:
            raise ReadOnly(
                f"{call.method} {call.path} would change the organization {call.organization!r},"
                " which is only to be read from here. Turn off the option read_only of the"
                " storage, or ROKKA_READ_ONLY.",
                method=call.method,
                path=call.path,
            )
        tell_observers(call)
        return Exchange(
            call,
            api_host=self._api_host,
            timeouts=self._timeouts,
            retries=self._retries,
            clock=self._clock,
            get_session=self._connections.get_session,
            authorize=self._authorize if authorization is None else lambda *_: authorization,
            forget=self._forget if authorization is None else lambda _: False,
            receive=receive,
        ).run()

    def _authorize(self, call: Call, deadline: Deadline) -> Authorization:
        """Return the credentials of a request; one thread at a time renews the token."""
        credentials = self.credentials
        if not credentials.uses_tokens:
            return credentials.authorize(call, None)
        token = credentials.get_token()
        if credentials.is_to_be_renewed(token):
            token = self._take_turns(call, token, deadline)
        return credentials.authorize(call, token)

    def _take_turns(self, call: Call, token: Token | None, deadline: Deadline) -> Token | None:
        """Renew the token unless another thread does; wait for that one only without a token."""
        credentials = self.credentials
        lock = credentials.lock
        left = deadline.seconds_left
        patience = -1 if left is None else left
        if not lock.acquire(timeout=0 if token is not None else patience):
            if token is not None:
                return token
            raise Timeout(
                f"No token in time for {call.method} {call.path}, another thread is fetching one."
                " Try again later, or give the call more time.",
                method=call.method,
                path=call.path,
            )
        try:
            token = credentials.get_token()
            return self._renew(token, deadline) if credentials.is_to_be_renewed(token) else token
        finally:
            lock.release()

    def _renew(self, token: Token | None, deadline: Deadline) -> Token | None:
        """Fetch a token by the one there is, else by the key; keep the old one if it must be."""
        key = self.credentials.api_key
        ways = [Authorization(token=token.token)] if token is not None else []
        ways += [Authorization(api_key=key)] if key else []
        for authorization in ways:
            try:
                return self.fetch_token(
                    authorization=authorization,
                    repeat=Repeat.ALWAYS if token is None else Repeat.NEVER,
                    deadline=deadline.seconds_left,
                )
            except CallFailed as error:  # noqa: PERF203 - each way may fail
                if token is None:
                    raise
                logger.warning("The token was not renewed: %s", error)
        self.credentials.postpone_renewal()
        return token

    def _forget(self, authorization: Authorization) -> bool:
        """Drop a token that was refused; say whether the key can fetch another one."""
        if not authorization.token:
            return False
        self.credentials.forget_token(authorization.token)
        return bool(self.credentials.api_key)

    def _open_download(
        self, call: Call, response: requests.Response, deadline: Deadline
    ) -> Download:
        length = response.headers.get("Content-Length", "")
        is_encoded = "Content-Encoding" in response.headers
        size = int(length) if length.isdecimal() and not is_encoded else None
        blocks = self._iter_download(call, response, deadline, size)
        return Download(blocks, size=size, close=response.close, call=call)

    def _iter_download(
        self, call: Call, response: requests.Response, deadline: Deadline, size: int | None
    ) -> Iterator[bytes]:
        received = 0
        try:
            for block in deadline.watch(response.iter_content(BLOCK_SIZE)):
                received += len(block)
                yield block
        except foreign_exceptions() as error:
            forget_tracebacks(error)
            raise error_of_connection(error, call=call, api_host=self._api_host) from error
        if size is not None and received != size:
            raise ConnectionFailed(
                f"The answer to {call.method} {call.path} broke off after {received} of {size}"
                " bytes. Download it again.",
                method=call.method,
                path=call.path,
            )


def _read_answer(call: Call, response: requests.Response, deadline: Deadline) -> Answer:
    with response:
        content = b"".join(deadline.watch(response.iter_content(BLOCK_SIZE)))
    return Answer(call=call, status=response.status_code, content=content, headers=response.headers)


def _check_host(api_host: str) -> None:
    if not is_host(api_host):
        raise ValueError(
            f"{hide_credentials(api_host)!r} is no API host: write scheme, host and perhaps a"
            " path, such as 'https://api.rokka.io'."
        )


def _read_timeout(timeout: float | Timeouts) -> Timeouts:
    pair = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    if not all(0 < seconds < _FOR_EVER for seconds in pair):
        raise ValueError(
            f"The timeout {timeout!r} is none: give seconds above 0 and below {_FOR_EVER}, one"
            " number or a pair."
        )
    return pair


def _check_retries(retries: int) -> int:
    if retries < 0:
        raise ValueError(f"{retries!r} retries cannot be made: give 0 or more.")
    return retries
