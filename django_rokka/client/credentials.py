"""What opens the API: a key, or a token that is renewed before it ends."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django_rokka.client.calls import Call
from django_rokka.client.deadline import Clock
from django_rokka.client.objects import Token
from django_rokka.client.secrets import MASK, NO_SECRET, Secret, is_key
from django_rokka.exceptions import AuthenticationFailed

if TYPE_CHECKING:
    from requests import PreparedRequest

__all__ = ["Authorization", "Credentials", "TokenMemory", "TokenStore"]

_RENEWAL = 3600
"""Seconds before its end from which a renewable token is renewed."""

_PAUSE = 60
"""Seconds after a renewal that failed until the next one is tried."""


class TokenStore(Protocol):
    """Where a token is kept between calls: a session, a cache, a file."""

    def get(self) -> str:
        """Return the token, empty for none."""
        ...

    def set(self, token: str, /) -> None:
        """Keep a token instead of the one there is; an empty one clears it."""
        ...


class TokenMemory:
    """A token that lives as long as the client."""

    def __init__(self, token: str = "") -> None:
        self._token = Secret(token)

    def get(self) -> str:
        """Return the token, empty for none."""
        return self._token

    def set(self, token: str, /) -> None:
        """Keep a token."""
        self._token = Secret(token)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What one request carries; requests calls it last, so that no other credentials slip in.

    It is no tuple, which requests would take for a user's name and password.
    """

    api_key: Secret = NO_SECRET
    token: Secret = NO_SECRET

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header; none without credentials."""
        if self.token:
            request.headers["Authorization"] = Secret(f"Bearer {self.token}")
        elif self.api_key:
            request.headers["Api-Key"] = self.api_key
        return request

    def mask(self, text: str) -> str:
        """Return a text without what this holds."""
        for secret in filter(None, (self.api_key, self.token)):
            text = text.replace(secret, MASK)
        return text


class Credentials:
    """An API key, or a store of tokens, or both: then the key fetches tokens.

    Safe to share among threads.
    """

    def __init__(self, *, api_key: Secret, tokens: TokenStore | None, clock: Clock) -> None:
        if not is_key(api_key):
            raise ValueError(
                "The API key has characters that no key has, such as white space or a line end."
                " Copy it again, without quotes."
            )
        self.api_key = api_key
        self.uses_tokens = tokens is not None
        self._tokens = TokenMemory() if tokens is None else tokens
        self._clock = clock
        self._next_renewal = clock.monotonic()
        self._lock = threading.Lock()
        self._pid = os.getpid()

    @property
    def lock(self) -> threading.Lock:
        """What a thread holds while it fetches a token; a child has its own after a fork."""
        if self._pid != os.getpid():
            self._lock = threading.Lock()
            self._pid = os.getpid()
        return self._lock

    def get_token(self) -> Token | None:
        """Return the stored token while it is valid; one that cannot be read is none."""
        text = Secret(self._tokens.get() or "")
        try:
            token = Token.parse(text)
        except ValueError:
            return None
        return token if self.seconds_left(token) > 0 else None

    def set_token(self, token: Token) -> None:
        """Store a token."""
        self._tokens.set(token.token)

    def postpone_renewal(self) -> None:
        """Leave a token that still opens the API alone for a while."""
        self._next_renewal = self._clock.monotonic() + _PAUSE

    def forget_token(self, token: str) -> None:
        """Clear the store, unless another token is in it by now."""
        if self._tokens.get() == token:
            self._tokens.set("")

    def seconds_left(self, token: Token) -> float:
        """Return how long a token is valid."""
        return token.expires.timestamp() - self._clock.time()

    def is_to_be_renewed(self, token: Token | None) -> bool:
        """Say whether a new token has to be fetched, or should be while this one opens the API."""
        if token is None:
            return True
        if self._clock.monotonic() < self._next_renewal:
            return False
        return token.is_renewable and self.seconds_left(token) < min(_RENEWAL, token.period / 2)

    def authorize(self, call: Call, token: Token | None) -> Authorization:
        """Return what a request carries; raise ``AuthenticationFailed`` without a token."""
        if not self.uses_tokens:
            return Authorization(api_key=self.api_key)
        if token is None:
            raise AuthenticationFailed(
                "There is no valid token, and no API key to fetch one. Pass api_key, or store a"
                " new token.",
                status=401,
                method=call.method,
                path=call.path,
            )
        return Authorization(token=token.token)
