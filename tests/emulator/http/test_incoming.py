from __future__ import annotations

import pytest
from werkzeug.exceptions import BadRequest

from django_rokka.emulator.http.incoming import IncomingRequest, base_name, read_json


def request(path: str, query: str = "", script: str = "", raw: str = "") -> IncomingRequest:
    return IncomingRequest(
        {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": script,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "RAW_URI": raw,
        }
    )


@pytest.mark.parametrize(
    ("script", "raw", "target"),
    [
        ("", "/a%2Fb/c?v={}", "/a%2Fb/c?v={}"),
        ("/rokka", "/rokka/a%2Fb/c?v={}", "/a%2Fb/c?v={}"),
        ("", "http://demo.localhost:8642/a%2Fb/c?v={}", "/a%2Fb/c?v={}"),
        ("", "", "/a/b/c?v={}"),
    ],
)
def test_raw_target__is_what_was_sent(script: str, raw: str, target: str) -> None:
    assert request("/a/b/c", "v={}", script, raw).raw_target == target


def test_raw_target__is_written_again_where_the_server_does_not_tell() -> None:
    assert request("/a b/[c]").raw_target == "/a%20b/%5Bc%5D"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('"text"', "text"),
        ("some words", "some words"),
        ("[" * 100_000, "[" * 100_000),
        ('{"a": NaN}', '{"a": NaN}'),
        ("[1e400]", "[1e400]"),
        (r'["\ud800"]', r'["\ud800"]'),
        (r'["\ud83d\ude00"]', ["\U0001f600"]),
    ],
)
def test_read_json__is_lenient(text: str, value: object) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("../../x.jpg", "x.jpg"),
        ("C:\\a\\b.png", "b.png"),
        ("", "unnamed"),
        (None, "unnamed"),
        ("..", "unnamed"),
    ],
)
def test_base_name__drops_folders(name: str | None, base: str) -> None:
    assert base_name(name) == base


def test_base_name__has_a_limit() -> None:
    assert base_name(f"a/{'x' * 1000}") == "x" * 1000
    with pytest.raises(BadRequest, match="has 1001 characters, must have at most 1000"):
        base_name("x" * 1001)
