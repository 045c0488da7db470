"""A call of the API and its answer, apart from how they travel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from django_rokka.client.multipart import MultipartBody
from django_rokka.client.tracebacks import forget_tracebacks
from django_rokka.exceptions import ServerError

__all__ = ["Answer", "Call"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What to ask rokka.

    ``subject`` names what the path names besides the organization, for messages; it is empty
    where the organization is all there is. ``deadline`` is in seconds. Raise ``ValueError`` for
    a path segment that servers would take for something else.
    """

    method: str
    segments: tuple[str, ...]
    organization: str
    subject: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    body: MultipartBody | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_repeatable: bool = True
    deadline: float | None = None

    def __post_init__(self) -> None:
        for segment in self.segments:
            if segment in {"", ".", ".."}:
                raise ValueError(
                    f"{segment!r} cannot be a part of the path {self.path!r}: give the name or"
                    " hash of what exists at rokka."
                )

    @property
    def path(self) -> str:
        """The path below the API host, percent-encoded."""
        return "".join(f"/{quote(segment, safe=':')}" for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What rokka answered to a call it accepted."""

    call: Call
    status: int
    content: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The parsed body, ``None`` for an empty one; raise ``ServerError`` if it is no JSON."""
        if not self.content:
            return None
        try:
            return json.loads(self.content.decode(errors="replace"))
        except json.JSONDecodeError as error:
            forget_tracebacks(error)
            error.doc = ""  # the whole answer, which error reports would print
            raise self._unreadable("no JSON") from error

    def read_as(self, parse: Callable[[Any], _T]) -> _T:
        """Return what ``parse`` makes of the JSON; raise ``ServerError`` where it fails."""
        data = self.json
        try:
            return parse(data)
        except (LookupError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"[:200]
            raise self._unreadable(f"not what rokka documents ({reason})") from error

    def _unreadable(self, what: str) -> ServerError:
        return ServerError(
            f"The answer to {self.call.method} {self.call.path} is {what}"
            f" ({len(self.content)} bytes). Check the option api_host, or try again later.",
            status=self.status,
            method=self.call.method,
            path=self.call.path,
        )
