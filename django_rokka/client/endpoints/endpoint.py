"""What all resources have in common."""

from __future__ import annotations

from typing import Any

from django_rokka.client.calls import Answer, Call
from django_rokka.client.session import Session

__all__ = ["Endpoint"]


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
