from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest

from django_rokka.emulator.access.json_web_tokens import is_token, read_token, write_token

SECRET = b"nobody's"


def sign(header: bytes, payload: bytes) -> str:
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload))
    digest = hmac.digest(SECRET, signed, "sha256")
    return f"{signed.decode()}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@pytest.mark.parametrize("payload", [{}, {"id": "7f99", "exp": 1}, {"id": "ü"}])
def test_token__can_be_read_again(payload: dict[str, Any]) -> None:
    token = write_token(payload, SECRET)
    assert is_token(token)
    assert read_token(token, SECRET) == payload
    assert read_token(token, b"another") is None


def test_token__is_what_others_make() -> None:
    payload = b'{"id":"7f99"}'
    assert sign(b'{"typ":"JWT","alg":"HS256"}', payload) == write_token(json.loads(payload), SECRET)


@pytest.mark.parametrize("header", [b'{"alg":"none"}', b"{}", b"[]", b"no json", b"\xff"])
def test_token__of_another_algorithm_is_none(header: bytes) -> None:
    assert read_token(sign(header, b'{"id":"7f99"}'), SECRET) is None


@pytest.mark.parametrize("text", ["", "key", "a.b", "a.b.c.d"])
def test_key__is_no_token(text: str) -> None:
    assert not is_token(text)


@pytest.mark.parametrize("text", ["", ".", "..", "ü.ü.ü", "a.b.\ud800"])
def test_text__that_is_no_token_is_none(text: str) -> None:
    assert read_token(text, SECRET) is None
