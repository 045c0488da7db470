"""Budgets, read from the headers of an answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from django_rokka.client import Budget, RokkaClient

from tests.client.samples import HASH
from tests.client.scripted_server import Reply, ScriptedServer


@pytest.mark.parametrize(
    ("limit", "remaining", "expected"),
    [
        ("10", "0", Budget(limit=10, remaining=0)),
        (" 5 ", "-1", Budget(limit=5)),
        ("", "many", Budget()),
        ("٣", "9" * 10, Budget()),
    ],
)
def test_budget__reads_what_is_a_number(limit: str, remaining: str, expected: Budget) -> None:
    headers = {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining}
    assert Budget.from_headers(headers) == expected


def test_budget__is_unknown_without_headers() -> None:
    assert Budget.from_headers({}) == Budget(limit=None, remaining=None)


def test_invalidate_cache__returns_what_is_left(
    client: RokkaClient, server: ScriptedServer
) -> None:
    headers = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "7"}
    calls: list[Callable[[], Budget]] = [
        lambda: client.aliases.invalidate_cache("logo"),
        lambda: client.source_images.invalidate_cache(HASH),
        lambda: client.stacks.invalidate_cache("thumb"),
    ]
    for call in calls:
        server.reply(Reply(json={"status": "ok"}, headers=headers))
        assert call() == Budget(limit=10, remaining=7)
