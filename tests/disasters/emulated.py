"""What the emulator is told beside rokka's API: organizations, its clock; and what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests

from django_rokka.storage import get_rokka_storage

__all__ = ["add_fault", "count_failures", "forget_faults", "long_ago", "make_organization"]

LONG_AGO = 3 * 86_400
"""Seconds: older than an image has to be before a collector deletes it."""


def make_organization() -> None:
    """Make the organization of the storage."""
    path = f"/organizations/{get_rokka_storage().config.organization}"
    _ask("PUT", path, {"billing_email": "someone@example.com"})


@contextmanager
def long_ago() -> Iterator[None]:
    """Let what rokka makes be old."""
    _ask("POST", "/_emulator/clock", {"advance": -LONG_AGO})
    try:
        yield
    finally:
        _ask("DELETE", "/_emulator/clock")


def add_fault(**fault: Any) -> None:
    """Let something go wrong."""
    _ask("POST", "/_emulator/faults", fault)


def forget_faults() -> None:
    """Let all go well again."""
    _ask("DELETE", "/_emulator/faults")


def count_failures() -> list[str]:
    """Name the requests that rokka failed to answer."""
    counted = _ask("GET", "/_emulator/stats").json()["requests"]["by_endpoint"]
    return [f"{it}" for it in counted if it["status"] in {"5xx", "broken"}]


def _ask(method: str, path: str, data: Mapping[str, Any] | None = None) -> requests.Response:
    config = get_rokka_storage().config
    answer = requests.request(
        method,
        f"{config.api_host}{path}",
        json=data,
        headers={"Api-Key": config.api_key},
        timeout=30,
    )
    answer.raise_for_status()
    return answer
