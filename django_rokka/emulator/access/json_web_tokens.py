"""JSON web tokens, as far as rokka uses them: HS256 and nothing else."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["is_token", "read_token", "write_token"]

_HEADER = {"typ": "JWT", "alg": "HS256"}


def write_token(payload: Mapping[str, Any], secret: bytes) -> str:
    """Sign a payload."""
    signed = f"{_encode(_HEADER)}.{_encode(payload)}"
    return f"{signed}.{_signature(signed, secret)}"


def read_token(token: str, secret: bytes) -> dict[str, Any] | None:
    """Return the payload of a token that is signed with the secret, else ``None``."""
    signed, _, signature = token.rpartition(".")
    expected = _signature(signed, secret).encode()
    if not hmac.compare_digest(signature.encode(errors="surrogatepass"), expected):
        return None
    header, _, payload = signed.partition(".")
    if _decode(header).get("alg") != _HEADER["alg"]:
        return None
    return _decode(payload)


def is_token(text: str) -> bool:
    """Say whether a bearer has the shape of a token; else it is an API key."""
    return text.count(".") == 2


def _signature(signed: str, secret: bytes) -> str:
    return _base64(hmac.digest(secret, signed.encode(errors="surrogatepass"), "sha256"))


def _encode(data: Mapping[str, Any]) -> str:
    return _base64(json.dumps(data, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> dict[str, Any]:
    """Read a part; what is no JSON object is an empty one."""
    try:
        data = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return data if isinstance(data, dict) else {}
