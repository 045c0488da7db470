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
_USER = re.compile(r"(https?:/+)[^/?#\s]*@", re.IGNORECASE)
_BETWEEN_PAIRS = re.compile("([&;])")
_MAX_LAYERS = 3
"""How often a URL may be encoded in another one."""
_MASK = "…"


def mask_target(target: str) -> str:
    """Return path and query of a request as they may be shown, and no more than their beginning.

    URLs inside of them are shown decoded where they hide something.
    """
    path, mark, query = target.partition("?")
    pairs = "&".join(_mask_pair(pair) for pair in query.split("&"))
    masked = _WEB_TOKEN.sub(_MASK, f"{_mask_inner(path)}{mark}{pairs}")
    return masked if len(masked) <= _MAX_LENGTH else masked[:_MAX_LENGTH] + _MASK


def _mask_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return _mask_inner(pair)
    if _SECRET_NAME.fullmatch(unquote_plus(name).strip()):
        return f"{name}={_MASK}"
    return f"{name}={_mask_inner(value)}"


def _mask_inner(text: str) -> str:
    """Mask what a URL inside of a path or a value tells; what hides nothing stays as it was."""
    decoded = text
    for _ in range(_MAX_LAYERS):
        decoded = unquote_plus(decoded)
    masked = _USER.sub(rf"\g<1>{_MASK}@", decoded)
    # Without one expression for all of it, which would take too long for long texts.
    masked = "".join(_mask_inner_pair(part) for part in _BETWEEN_PAIRS.split(masked))
    return text if masked == decoded else masked


def _mask_inner_pair(text: str) -> str:
    parts = text.split("=")
    for number, part in enumerate(parts[:-1], 1):
        name = re.split("[?/]", part)[-1]
        if _SECRET_NAME.fullmatch(name.strip()):
            return f"{'='.join(parts[:number])}={_MASK}"
    return text
