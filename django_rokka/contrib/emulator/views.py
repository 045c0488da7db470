"""The emulator's pictures, served by the project itself while it is developed."""

from __future__ import annotations

import ipaddress
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from django_rokka.conf import is_debug
from django_rokka.contrib.emulator.storage import EmulatedRokkaStorage
from django_rokka.storage import iter_rokka_storages

__all__ = ["render"]


@require_safe
def render(request: HttpRequest, target: str) -> StreamingHttpResponse:
    """Serve ``<organization>/<stack>/.../<hash>.<format>``; under ``DEBUG`` or to loopback only."""
    from django_rokka.emulator import request_in_process

    if not (is_debug() or _is_loopback(request)):
        raise PermissionDenied("The emulator answers under DEBUG, or to this machine only.")
    storage = _find_storage(target.partition("/")[0])
    answer = request_in_process(
        storage.emulator,
        _write_target(request, target),
        method=request.method or "GET",
        headers=request.headers,
    )
    return StreamingHttpResponse(answer.blocks, status=answer.status, headers=answer.headers)


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


def _is_loopback(request: HttpRequest) -> bool:
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
