"""Named ways to render images (API.md 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.client.calls import Call
from django_rokka.client.objects import Stack
from django_rokka.client.session import Session

__all__ = ["Stacks"]


class Stacks:
    """Define stacks.

    ``organization`` acts on another organization than the client's. ``deadline`` limits a call
    with all its retries, in seconds. Each method raises an ``APIError`` when rokka refuses, and
    ``ConnectionFailed`` when there is no answer.
    """

    def __init__(self, session: Session, *, organization: str) -> None:
        self._session = session
        self._organization = organization

    def create(
        self,
        name: str,
        definition: Mapping[str, Any],
        *,
        overwrite: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> Stack:
        """Define a stack: ``PUT /stacks/{organization}/{name}``.

        ``definition`` has any of ``operations``, ``options``, ``variables``, ``expressions`` and
        ``description``. Overwriting does not refresh what caches hold. Raise ``Conflict`` when
        the stack exists and ``overwrite`` was not asked for.
        """
        call = self._call(
            "PUT",
            name,
            organization=organization,
            deadline=deadline,
            parameters={"overwrite": "true"} if overwrite else {},
            json=dict(definition),
        )
        return self._session.request(call).read_as(Stack.from_json)

    def get(self, name: str, *, organization: str = "", deadline: float | None = None) -> Stack:
        """Return a stack: ``GET /stacks/{organization}/{name}``."""
        call = self._call("GET", name, organization=organization, deadline=deadline)
        return self._session.request(call).read_as(Stack.from_json)

    def list(
        self,
        *,
        limit: int = 100,
        offset: int | str = 0,
        organization: str = "",
        deadline: float | None = None,
    ) -> tuple[Stack, ...]:
        """Return one page of stacks: ``GET /stacks/{organization}``."""
        organization = organization or self._organization
        call = Call(
            method="GET",
            segments=("stacks", organization),
            organization=organization,
            parameters={"limit": str(limit), "offset": str(offset)},
            deadline=deadline,
        )
        return self._session.request(call).read_as(_read_page)

    def delete(self, name: str, *, organization: str = "", deadline: float | None = None) -> None:
        """Delete a stack: ``DELETE /stacks/{organization}/{name}``."""
        call = self._call("DELETE", name, organization=organization, deadline=deadline)
        self._session.request(call)

    def _call(
        self,
        method: str,
        name: str,
        *,
        organization: str,
        deadline: float | None,
        parameters: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Call:
        organization = organization or self._organization
        return Call(
            method=method,
            segments=("stacks", organization, name),
            organization=organization,
            subject=f"stack {name!r}",
            parameters=parameters or {},
            json=json,
            deadline=deadline,
        )


def _read_page(data: Any) -> tuple[Stack, ...]:
    return tuple(Stack.from_json(item) for item in data["items"])
