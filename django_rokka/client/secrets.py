"""Texts that must not be shown."""

from __future__ import annotations

import re

__all__ = ["MASK", "Secret", "is_key"]

MASK = "********"


class Secret(str):
    """A key: an ordinary text to whoever sends or hashes it, masked wherever it is shown.

    Error pages and log records print the ``repr`` of values and of whatever contains them.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{MASK}'"

    def mask(self, text: str) -> str:
        """Return ``text`` without this secret."""
        return text.replace(self, MASK) if self else text


def is_key(text: str) -> bool:
    """Say whether a header can hold this API key: white space and line ends are pasted along."""
    return re.fullmatch(r"[!-~]*", text) is not None
