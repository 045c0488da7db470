"""What is left of an hourly budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Budget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many calls of a kind an hour has, and how many are left; ``None`` if rokka is silent."""

    limit: int | None = None
    remaining: int | None = None

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Budget:
        """Read the headers of an answer; what is no number is left out."""
        return cls(
            limit=_read_count(headers.get("X-RateLimit-Limit", "")),
            remaining=_read_count(headers.get("X-RateLimit-Remaining", "")),
        )


def _read_count(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
