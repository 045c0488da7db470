"""One request to an emulator of this process, for frameworks that serve it below a path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from werkzeug.test import EnvironBuilder, run_wsgi_app

from django_rokka.emulator.application import Emulator

__all__ = ["InProcessAnswer", "request_in_process"]


class InProcessAnswer(NamedTuple):
    """What the emulator answers; ``blocks`` may have a ``close`` to call."""

    status: int
    headers: Mapping[str, str]
    blocks: Iterable[bytes]


def request_in_process(
    emulator: Emulator, target: str, *, method: str = "GET", headers: Mapping[str, str]
) -> InProcessAnswer:
    """Answer a request; ``target`` is path and query byte by byte, as signatures cover them."""
    builder = EnvironBuilder(target, method=method, headers=list(headers.items()))
    try:
        environ = builder.get_environ() | {"RAW_URI": target, "REQUEST_URI": target}
    finally:
        builder.close()
    blocks, status, answered = run_wsgi_app(emulator, environ)
    return InProcessAnswer(int(status.split()[0]), dict(answered.items()), blocks)
