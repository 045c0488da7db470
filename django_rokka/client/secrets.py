"""Texts that must not be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["MASK", "NO_SECRET", "Secret", "hide_secrets", "is_key"]

MASK = "********"

_SECRETS = frozenset({"api_key", "key", "provisioning_uri", "secret", "token"})


class Secret(str):
    """A key: an ordinary text to whoever sends or hashes it, masked wherever it is shown.

    Error pages and log records print the ``repr`` of values and of whatever contains them.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{MASK}'"


NO_SECRET = Secret("")
"""What stands where a key is not known."""


def is_key(text: str) -> bool:
    """Say whether a header can hold this API key: white space and line ends are pasted along."""
    return re.fullmatch(r"[!-~]*", text) is not None


def hide_secrets(data: Any) -> Any:
    """Return a copy of some JSON in which keys and tokens are masked wherever they are shown."""
    if isinstance(data, Mapping):
        return {
            name: Secret(value)
            if name in _SECRETS and isinstance(value, str)
            else hide_secrets(value)
            for name, value in data.items()
        }
    return [hide_secrets(value) for value in data] if isinstance(data, list) else data
