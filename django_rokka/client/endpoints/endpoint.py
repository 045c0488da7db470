"""What all resources have in common."""

from __future__ import annotations

import re
from typing import Any

from django_rokka.client.calls import Answer, Call
from django_rokka.client.session import Session
from django_rokka.exceptions import InvalidName

__all__ = ["Endpoint", "check_hash", "check_stack_name"]

_HASH = re.compile(r"[0-9a-f]{6,40}")
_STACK_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Endpoint:
    """A resource of the API.

    In every method ``organization`` acts on another organization than the client's, and
    ``deadline`` limits the call with all its retries, in seconds. Every method raises an
    ``APIError`` when rokka refuses, ``ConnectionFailed`` without an answer, and ``InvalidName``
    before the network is touched.
    """

    def __init__(self, session: Session, *, organization: str) -> None:
        self._session = session
        self._organization = organization

    def _request(
        self, method: str, *segments: str, organization: str, deadline: float | None, **parts: Any
    ) -> Answer:
        """Make a call; ``parts`` are further members of ``Call``."""
        return self._session.request(
            self._call(method, *segments, organization=organization, deadline=deadline, **parts)
        )

    def _call(
        self, method: str, *segments: str, organization: str, deadline: float | None, **parts: Any
    ) -> Call:
        """Make up a call of a path in which ``{}`` stands for the organization."""
        organization = organization or self._organization
        return Call(
            method=method,
            segments=tuple(organization if segment == "{}" else segment for segment in segments),
            organization=organization,
            deadline=deadline,
            **parts,
        )


def check_hash(text: str) -> None:
    """Raise ``InvalidName`` for what is no hash: other words in its place are other endpoints."""
    if not _HASH.fullmatch(text):
        raise InvalidName(
            f"{text[:200]!r} is no hash of an image: 6 to 40 of the characters 0-9 and a-f, in"
            " lower case."
        )


def check_stack_name(text: str) -> None:
    """Raise ``InvalidName`` for a name that no stack can have."""
    if not _STACK_NAME.fullmatch(text):
        raise InvalidName(f"{text[:200]!r} is no stack name: use letters, digits, '_' and '-'.")
