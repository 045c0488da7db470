"""Texts that must not be shown."""

from __future__ import annotations

__all__ = ["MASK", "Secret"]

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
