"""Named ways to render images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django_rokka.client.arguments import check_cursor
from django_rokka.client.calls import Answer, Repeat
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.client.objects import Budget, Page, Stack
from django_rokka.render import check_stack_name

__all__ = ["Stacks"]


class Stacks(Endpoint):
    """Define stacks.

    In every method ``organization`` acts on another organization than the client's, and
    ``deadline`` limits the call with all its retries, in seconds. Every method raises
    ``InvalidName`` before the network is touched, an ``APIError`` when rokka refuses, and
    ``ConnectionFailed`` without an answer.
    """

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
        ``description``. Return the stack. Raise ``Conflict`` when it exists and ``overwrite`` was
        not asked for, ``InvalidRequest`` for what rokka cannot render. Overwriting does not
        refresh what caches hold. Without ``overwrite`` it is repeated only while it cannot have
        been done::

            resize = {"name": "resize", "options": {"width": 400}}
            client.stacks.create("thumb", {"operations": [resize]}, overwrite=True)
        """
        answer = self._ask(
            "PUT",
            name,
            organization=organization,
            deadline=deadline,
            parameters={"overwrite": "true"} if overwrite else {},
            json=dict(definition),
            repeat=Repeat.ALWAYS if overwrite else Repeat.UNLESS_UNKNOWN,
        )
        return answer.read_as(Stack.from_json)

    def get(self, name: str, *, organization: str = "", deadline: float | None = None) -> Stack:
        """Return a stack: ``GET /stacks/{organization}/{name}``.

        Raise ``NotFound`` when there is no such stack::

            client.stacks.get("thumb").operations
        """
        answer = self._ask("GET", name, organization=organization, deadline=deadline)
        return answer.read_as(Stack.from_json)

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | str | None = None,
        organization: str = "",
        deadline: float | None = None,
    ) -> Page[Stack]:
        """Return one page of stacks: ``GET /stacks/{organization}``.

        ``limit`` is rokka's where it is ``None``; ``offset`` is a number or the ``cursor`` of the
        page before. Raise ``ValueError`` for an empty cursor, which leads to no page::

            [stack.name for stack in client.stacks.list(limit=20)]
        """
        check_cursor(offset)
        given = {"limit": limit, "offset": offset}
        answer = self._request(
            "GET",
            "stacks",
            "{}",
            organization=organization,
            deadline=deadline,
            parameters={name: str(value) for name, value in given.items() if value is not None},
        )
        return answer.read_as(lambda data: Page.from_json(data, Stack.from_json))

    def iter(
        self, *, page_size: int = 100, organization: str = "", deadline: float | None = None
    ) -> Iterator[Stack]:
        """Yield all stacks, a page at a time: ``GET /stacks/{organization}``.

        ``deadline`` is for each page. It ends with a page that brings no other stacks. Raise
        ``ValueError`` for a page size below 1::

            for stack in client.stacks.iter():
                print(stack.name)
        """
        if page_size < 1:
            raise ValueError(f"The page size {page_size!r} is none, must be 1 or more.")
        return self._iter_pages(page_size, organization=organization, deadline=deadline)

    def delete(self, name: str, *, organization: str = "", deadline: float | None = None) -> None:
        """Delete a stack: ``DELETE /stacks/{organization}/{name}``.

        Raise ``NotFound`` when there is no such stack::

            client.stacks.delete("thumb")
        """
        self._ask("DELETE", name, organization=organization, deadline=deadline, deletes=True)

    def invalidate_cache(
        self, name: str, *, organization: str = "", deadline: float | None = None
    ) -> Budget:
        """Clear what the CDN holds of a stack: ``DELETE /stacks/{organization}/{name}/cache``.

        rokka takes five an hour, from paying accounts, so it is never retried. Return
        what is left of them. Raise ``QuotaExceeded`` with ``retry_at``, and ``PermissionDenied``
        on a free account::

            client.stacks.invalidate_cache("thumb")
        """
        answer = self._ask(
            "DELETE",
            name,
            "cache",
            organization=organization,
            deadline=deadline,
            feature="clearing the cache of a stack",
            repeat=Repeat.NEVER,
        )
        return Budget.from_headers(answer.headers)

    def _iter_pages(self, page_size: int, **parts: Any) -> Iterator[Stack]:
        offset: int | str | None = None
        names: set[str] = set()
        while True:
            page = self.list(limit=page_size, offset=offset, **parts)
            new = [stack for stack in page if stack.name not in names]
            yield from new
            names.update(stack.name for stack in new)
            is_last = len(page) < page_size or (isinstance(offset, str) and not page.cursor)
            if not new or (is_last if page.has_next is None else not page.has_next):
                return
            offset = page.cursor or len(names)

    def _ask(self, method: str, name: str, *rest: str, **parts: Any) -> Answer:
        check_stack_name(name)
        path = ("stacks", "{}", name, *rest)
        return self._request(method, *path, subject=f"stack {name!r}", **parts)
