"""Codes of authenticator apps: TOTP (RFC 6238) with SHA-1, six digits and half a minute."""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

__all__ = ["find_step", "make_secret", "provisioning_uri"]

_ISSUER = "rokka"
_PERIOD = 30
_DIGITS = 6
_SECRET_LENGTH = 20
_DRIFT = 1
"""Periods by which the clock of a phone may be ahead or behind."""


def make_secret() -> str:
    """Return a new secret, in base 32 as apps take it."""
    return base64.b32encode(secrets.token_bytes(_SECRET_LENGTH)).decode()


def provisioning_uri(secret: str, *, account: str) -> str:
    """Return what an app reads from a QR code."""
    label = quote(f"{_ISSUER}:{account}", safe=":@")
    query = urlencode({"secret": secret, "issuer": _ISSUER, "digits": _DIGITS, "period": _PERIOD})
    return f"otpauth://totp/{label}?{query}"


def find_step(secret: str, code: str, *, now: float) -> int | None:
    """Return the number of the period whose code this is, ``None`` for a wrong one."""
    current = int(now) // _PERIOD
    key = base64.b32decode(secret)
    found = None
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if hmac.compare_digest(_code(key, step), code.encode(errors="surrogatepass")):
            found = step
    return found


def _code(key: bytes, step: int) -> bytes:
    """Truncate a digest to a few digits (RFC 4226, section 5.3)."""
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return b"%0*d" % (_DIGITS, number % 10**_DIGITS)
