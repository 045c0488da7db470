"""Names in paths: what rokka routes, and what would be another endpoint."""

from __future__ import annotations

import re

from django_rokka.exceptions import InvalidName

__all__ = ["check_hash", "check_stack_name"]

_HASH = re.compile(r"[0-9a-f]{6,40}")
_STACK_NAME = re.compile(r"[A-Za-z0-9_-]+")


def check_hash(text: str) -> None:
    """Raise ``InvalidName`` for what is no hash: other words in its place are other endpoints."""
    if not _HASH.fullmatch(text):
        raise InvalidName(
            f"{text[:200]!r} is no hash of an image: 6 to 40 of the characters 0-9 and a-f, in"
            " lower case."
        )


def check_stack_name(text: str) -> None:
    """Raise ``InvalidName`` for a name that no stack can have."""
    if not _STACK_NAME.fullmatch(text):
        raise InvalidName(f"{text[:200]!r} is no stack name: use letters, digits, '_' and '-'.")
