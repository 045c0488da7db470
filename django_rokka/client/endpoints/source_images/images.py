"""Calls about one source image."""

from __future__ import annotations

import re
from typing import Any

from django_rokka.client.calls import Answer, Call
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.exceptions import InvalidName
from django_rokka.render import check_hash

__all__ = ["Images", "check_binary_hash"]

_BINARY_HASH = re.compile(r"[0-9a-f]{40}")


class Images(Endpoint):
    """What all pieces of the resource have in common."""

    def _ask(self, method: str, hash: str, *rest: str, **parts: Any) -> Answer:
        """Make a call about an image; ``parts`` are further members of ``Call``."""
        return self._session.request(self._image_call(method, hash, *rest, **parts))

    def _image_call(
        self, method: str, hash: str, *rest: str, subject: str = "", **parts: Any
    ) -> Call:
        check_hash(hash)
        path = ("sourceimages", "{}", hash, *rest)
        return self._call(method, *path, subject=subject or f"source image {hash!r}", **parts)


def check_binary_hash(text: str) -> None:
    """Raise ``InvalidName`` for what is no SHA-1 of a file."""
    if not _BINARY_HASH.fullmatch(text):
        raise InvalidName(
            f"{text[:200]!r} is no binary hash: 40 of the characters 0-9 and a-f, in lower case."
        )
