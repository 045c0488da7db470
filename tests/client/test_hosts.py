"""What an API host looks like, and how it is shown."""

from __future__ import annotations

import pytest

from django_rokka.client import hide_credentials, is_host, is_key


@pytest.mark.parametrize(
    "text",
    [
        "https://api.rokka.io",
        "http://127.0.0.1:8642/api/",
        "http://[::1]:8642",
        "https://{organization}.rokka.io",
    ],
)
def test_host__is_scheme_host_and_perhaps_a_path(text: str) -> None:
    assert is_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.rokka.io",
        "ftp://api.rokka.io",
        "https://",
        "https://host:port",
        "https://host:0",
        "https://[::1",
        "https://me:secret@host",
        "https://host?a=b",
        "https://host#a",
        "https://host\n",
        "https://host/a b",
    ],
)
def test_host__is_nothing_else(text: str) -> None:
    assert not is_host(text)


def test_hide_credentials__masks_what_stands_before_the_host() -> None:
    assert hide_credentials("https://me:a@b@host/x") == "https://********@host/x"
    assert hide_credentials("https://host/x") == "https://host/x"


@pytest.mark.parametrize(
    ("text", "expected"), [("a-Key_1~!", True), ("", True), ("key\n", False), ("schlüssel", False)]
)
def test_key__is_what_a_header_can_hold(text: str, expected: object) -> None:
    assert is_key(text) is expected
