"""Who calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_rokka.emulator.store import ROOT_USER, StoredKey, StoredUser

__all__ = ["Caller"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The user behind a request, the key, and the payload of the token if one was shown."""

    user: StoredUser
    key: StoredKey
    token: Mapping[str, Any] | None = None

    @property
    def is_root(self) -> bool:
        """Whether every organization is open, as it is to the emulator's own key."""
        return self.user.id == ROOT_USER.id
