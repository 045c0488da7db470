"""The emulator's pictures, served by the project itself while it is developed."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterable
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from django_rokka.conf import is_debug
from django_rokka.contrib.emulator.storage import EmulatedRokkaStorage
from django_rokka.storage import iter_rokka_storages

__all__ = ["render"]


@require_safe
def render(request: HttpRequest, target: str) -> StreamingHttpResponse:
    """Serve ``<organization>/<stack>/.../<hash>.<format>``; under ``DEBUG`` or to loopback only.

    What a proxy forwards comes from elsewhere, although its connection is a local one.
    """
    from django_rokka.emulator import request_in_process
    from django_rokka.emulator.http.origins import is_forwarded, is_loopback

    address = request.META.get("REMOTE_ADDR", "")
    is_local = is_loopback(address) and not is_forwarded(request.headers)
    if not (is_debug() or is_local):
        raise PermissionDenied("The emulator answers under DEBUG, or to this machine only.")
    storage = _find_storage(target.partition("/")[0])
    answer = request_in_process(
        storage.emulator,
        _write_target(request, target),
        method=request.method or "GET",
        # The host is the project's own: the emulator would look for an organization in it.
        headers={name: text for name, text in request.headers.items() if name != "Host"},
    )
    return StreamingHttpResponse(
        _AsyncBlocks(answer.blocks) if isinstance(request, ASGIRequest) else answer.blocks,
        status=answer.status,
        headers=answer.headers,
    )


class _AsyncBlocks:
    """Blocks that are read in a thread, for servers that would read others whole (ASGI)."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = sync_to_async(functools.partial(next, iter(self._blocks), None))
        while (block := await read()) is not None:
            yield block

    def close(self) -> None:
        """End the answer, as Django asks for when it is sent."""
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()


def _write_target(request: HttpRequest, target: str) -> str:
    """Write path and query as render URLs have them, since signatures cover the bytes."""
    path = quote(f"/render/{target}", safe="/:@!$&'()*+,;=~")
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _find_storage(organization: str) -> EmulatedRokkaStorage:
    for _, storage in iter_rokka_storages():
        if (
            isinstance(storage, EmulatedRokkaStorage)
            and storage.config.organization == organization
        ):
            return storage
    raise Http404(f"No emulated storage has the organization {organization!r}.")
