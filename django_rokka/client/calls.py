"""A call of the API and its answer, apart from how they travel."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from django_rokka.client.multipart import Body
from django_rokka.client.secrets import hide_secrets
from django_rokka.client.tracebacks import forget_tracebacks
from django_rokka.exceptions import InvalidName, ServerError

__all__ = ["Answer", "Call", "Repeat", "check_organization"]

_ORGANIZATION = re.compile(r"[a-z0-9-]+")

_READING = frozenset({"GET", "HEAD", "OPTIONS"})

_WITH_KEYS = frozenset({"organizations", "user", "users"})
"""Resources whose answers carry keys, which error reports would print."""

_T = TypeVar("_T")


class Repeat(Enum):
    """When a call may be made again by itself, after a failure that may pass."""

    ALWAYS = auto()
    """Doing it twice is doing it once."""
    UNLESS_UNKNOWN = auto()
    """Only where nothing can have been done: no connection, or a refusal such as 429."""
    NEVER = auto()
    """Each try costs something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What to ask rokka.

    ``subject`` names what the path names besides the organization, for messages; it is empty
    where the organization is all there is. ``feature`` names what only paying accounts may do.
    ``deletes`` says that a 404 after a lost answer is a success. ``is_public`` calls carry no
    credentials. ``host`` replaces the API host. ``deadline`` is in seconds.
    Raise ``InvalidName`` for a path that servers would take for another one.
    """

    method: str
    segments: tuple[str, ...]
    organization: str
    subject: str = ""
    feature: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    body: Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeat: Repeat = Repeat.ALWAYS
    deletes: bool = False
    is_public: bool = False
    host: str = ""
    deadline: float | None = None

    def __post_init__(self) -> None:
        check_organization(self.organization)
        for text in (*self.segments, *self.parameters.values()):
            if not _is_text(text):
                raise InvalidName(
                    f"{text[:200]!r} has half a character (a surrogate), which no URL can hold."
                    " Decode the text anew from its bytes."
                )
        for segment in self.segments:
            if segment in {"", ".", ".."}:
                raise InvalidName(
                    f"{segment!r} cannot be a part of the path {self.path!r}: give the name or"
                    " hash of what exists at rokka."
                )

    @property
    def path(self) -> str:
        """The path below the API host, percent-encoded; ``/`` for no segments."""
        return "".join(f"/{quote(segment, safe=':')}" for segment in self.segments) or "/"

    @property
    def is_write(self) -> bool:
        """Whether it may change what rokka keeps; signing and rendering by ``utils`` do not."""
        return self.method not in _READING and self.segments[:1] != ("utils",)

    @property
    def query(self) -> str:
        """The query, sorted and percent-encoded, with its ``?``; empty without parameters."""
        pairs = sorted(self.parameters.items())
        return f"?{urlencode(pairs, quote_via=quote, safe='')}" if pairs else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What rokka answered to a call it accepted; the names of ``headers`` have no case."""

    call: Call
    status: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def json(self) -> Any:
        """The parsed body, ``None`` for an empty one; raise ``ServerError`` if it is no JSON."""
        if not self.content:
            return None
        try:
            data = json.loads(self.content.decode(errors="replace"))
            return hide_secrets(data) if _WITH_KEYS.intersection(self.call.segments[:1]) else data
        except (ValueError, RecursionError) as error:
            forget_tracebacks(error)
            if isinstance(error, json.JSONDecodeError):
                error.doc = ""  # the whole answer, which error reports would print
            raise self.unreadable("no JSON") from error

    def read_as(self, parse: Callable[[Any], _T]) -> _T:
        """Return what ``parse`` makes of the JSON; raise ``ServerError`` where it fails."""
        try:
            return parse(self.json)  # in no variable, which error reports would print
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            forget_tracebacks(error)
            reason = f"{type(error).__name__}: {error}"[:200]
            raise self.unreadable(f"not what rokka documents ({reason})") from error

    def unreadable(self, what: str) -> ServerError:
        """Return the error that says what is wrong with this answer."""
        return ServerError(
            f"The answer to {self.call.method} {self.call.path} is {what}"
            f" ({len(self.content)} bytes). Check the option api_host, or try again later.",
            status=self.status,
            method=self.call.method,
            path=self.call.path,
        )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_organization(text: str) -> None:
    """Raise ``InvalidName`` for a name that no organization can have."""
    if not _ORGANIZATION.fullmatch(text):
        raise InvalidName(
            f"{text[:200]!r} is no organization: use lower-case letters, digits and '-'."
        )
