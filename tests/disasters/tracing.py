"""Every step that the world outside sees of an act, and death at one of them.

A step is a statement for the database, a commit, or a request to rokka. Nothing of the code under
test is replaced: Django's wrappers and requests' adapter are where the steps pass.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from requests.adapters import HTTPAdapter

__all__ = ["Tracer"]

_STATEMENT = re.compile(
    r'\s*(?:(INSERT) INTO|(UPDATE)|(DELETE) FROM|(SELECT)\b.*?\bFROM)\s+"?([\w.]+)',
    re.IGNORECASE | re.DOTALL,
)
_HASH = re.compile(r"[0-9a-f]{40}")


class Tracer:
    """Notes the steps of this process, and kills it at one of them.

    ``phase`` is ``"before"`` a step, ``"after"`` it, or ``"within"``: when half of the bytes of
    a request are on their way. ``interludes`` are called before the first step whose name begins
    so: what somebody else does meanwhile.
    """

    def __init__(
        self,
        *,
        die_at: int = 0,
        phase: str = "before",
        interludes: dict[str, Callable[[], None]] | None = None,
    ) -> None:
        self.steps: list[str] = []
        self._die_at = die_at
        self._phase = phase
        self._interludes = interludes or {}
        self._lock = threading.Lock()

    def install(self) -> None:
        """Watch all connections that are made from now on, and all requests."""
        connection_created.connect(self._watch_connection, weak=False)
        send = HTTPAdapter.send

        def traced(
            adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any
        ) -> requests.Response:
            # As in ".../sourceimages/organization/hash", each shown as what it is.
            path = _HASH.sub("<hash>", urlsplit(request.url or "").path)
            path = re.sub(r"^(/\w+)/[^/]+", r"\1", path)
            with self._step(f"{request.method} {path}") as is_within:
                if is_within:
                    request.body = _Half(request.body)  # type: ignore[assignment]  # it iterates
                return send(adapter, request, **options)

        HTTPAdapter.send = traced  # type: ignore[assignment, method-assign]  # the same in effect

    def _watch_connection(self, *, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        commit = connection.commit

        def traced_commit() -> None:
            with self._step("COMMIT"):
                commit()

        connection.commit = traced_commit  # type: ignore[method-assign]  # of this one
        connection.execute_wrappers.append(self._execute)

    def _execute(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        with self._step(_name_statement(sql)):
            return execute(sql, *arguments)

    @contextmanager
    def _step(self, name: str) -> Iterator[bool]:
        with self._lock:
            for beginning in [text for text in self._interludes if name.startswith(text)]:
                self._interludes.pop(beginning)()
            self.steps.append(name)
            phase = self._phase if len(self.steps) == self._die_at else ""
        if phase == "before":
            _die()
        yield phase == "within"
        if phase == "after":
            _die()


class _Half:
    """The body of a request whose second half never comes."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        block = next(iter(self._body))
        yield block[: len(block) // 2]
        _die()


def _name_statement(sql: str) -> str:
    found = _STATEMENT.match(sql)
    if found is None:
        return " ".join(sql.split()[:1]).upper()
    verb = next(part for part in found.groups()[:4] if part)
    return f"{verb.upper()} {found[5]}"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
