"""Request targets without what must not be seen: keys, tokens, signatures."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

__all__ = ["mask_target"]

_MAX_LENGTH = 300
_SECRET_NAME = re.compile(
    r"sig|.*(?:signature|key|token|secret|password|authorization)", re.IGNORECASE
)
_WEB_TOKEN = re.compile(r"eyJ[\w-]+(?:\.|%2e)[\w-]+(?:\.|%2e)[\w-]*", re.IGNORECASE)
_MASK = "…"


def mask_target(target: str) -> str:
    """Return path and query of a request as they may be shown, and no more than their beginning."""
    path, mark, query = target.partition("?")
    pairs = "&".join(_mask_pair(pair) for pair in query.split("&"))
    masked = _WEB_TOKEN.sub(_MASK, f"{path}{mark}{pairs}")
    return masked if len(masked) <= _MAX_LENGTH else masked[:_MAX_LENGTH] + _MASK


def _mask_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    is_secret = bool(equals) and _SECRET_NAME.fullmatch(unquote_plus(name).strip())
    return f"{name}={_MASK}" if is_secret else pair
