"""Refusals and their JSON, in the shapes that rokka has."""

from __future__ import annotations

import json
from typing import Any

from werkzeug import exceptions
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)
from werkzeug.wrappers import Response

__all__ = [
    "BudgetSpent",
    "InvalidCredentials",
    "InvalidToken",
    "LockedImage",
    "Missing",
    "RestrictedKey",
    "TooManyCodes",
    "TooManyPixels",
    "error_response",
    "json_response",
    "shown",
]


class InvalidCredentials(Forbidden):
    """403 for a key that is absent or wrong; its body is flat."""

    description = "API credentials are not supplied or not a valid format."


class InvalidToken(Unauthorized):
    """401 for a token that is not valid; its body is flat, as that of a wrong key."""


class RestrictedKey(Unauthorized):
    """401 for a key that must not be used now or here; its error is a word, ``reason``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TooManyCodes(TooManyRequests):
    """429 for codes of an authenticator app, after too many that were wrong."""

    reason = "totp_rate_limited"
    description = "Too many codes were wrong. Wait for five minutes, then send the current one."


class LockedImage(Forbidden):
    """403 for what must not happen to an image that is locked."""

    def __init__(self, hash: str) -> None:
        super().__init__(
            f"The source image {hash} is locked: it cannot be deleted, nor its user metadata"
            " changed. Unlock it first: PUT .../options/locked with false."
        )


class Missing(exceptions.NotImplemented):
    """501 for what rokka has and this emulator has not."""

    def __init__(self, what: str, *, remedy: str = "") -> None:
        tail = f" {remedy}" if remedy else " Use the real rokka for it."
        super().__init__(f"The emulator does not have {what}.{tail}")


class TooManyPixels(BadRequest):
    """400 for a picture that would not fit into memory."""

    def __init__(self, width: int, height: int, *, frames: int, maximum: int) -> None:
        times = f" in {frames} frames" if frames > 1 else ""
        super().__init__(
            f"The picture would have {width} x {height} pixels{times}, more than"
            f" {maximum // 1_000_000} megapixels. Ask for a smaller one."
        )


class BudgetSpent(TooManyRequests):
    """429 of the cache invalidation endpoints; ``retry_at`` is a unix timestamp."""

    def __init__(self, *, limit: int, retry_at: int, readable: str) -> None:
        super().__init__(f"Only {limit} invalidations an hour are possible; try after {readable}.")
        self.limit = limit
        self.retry_at = retry_at
        self.readable = readable


def json_response(data: Any, status: int = 200, **headers: str) -> Response:
    """Answer with JSON; underscores in header names become hyphens.

    The content type has no charset, because rokka's JavaScript client reads no other as JSON.
    """
    body = json.dumps(data, ensure_ascii=False).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status=status, mimetype="application/json", headers=names)


def error_response(error: HTTPException) -> Response:
    """Write a refusal as rokka does."""
    code = error.code or 500
    message = error.description or error.name
    if isinstance(error, InvalidCredentials | InvalidToken):
        return json_response(
            {"code": code, "message": message, "invalid_authentication": True}, code
        )
    if isinstance(error, RestrictedKey | TooManyCodes):
        worded: dict[str, Any] = {"error": error.reason, "code": code, "message": message}
        if code == 401:
            worded["invalid_authentication"] = True
        return json_response(worded, code)
    body: dict[str, Any] = {"error": {"code": code, "message": message}}
    headers: dict[str, str] = {}
    if isinstance(error, ServiceUnavailable) and error.retry_after:
        headers = {"Retry_After": str(error.retry_after)}
    if isinstance(error, BudgetSpent):
        body |= {
            "status": "too many requests",
            "X-RateLimit-Retry-After-readable": error.readable,
        }
        headers = {
            "X_RateLimit_Limit": str(error.limit),
            "X_RateLimit_Remaining": "0",
            "X_RateLimit_Retry_After": str(error.retry_at),
        }
    return json_response(body, code, **headers)


def shown(value: Any) -> str:
    """Write a refused value into a message: as JSON, and no more than its beginning."""
    return json.dumps(value, ensure_ascii=False)[:100]
