"""What a fork must not inherit: locks and waits of threads that the new process does not have."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["Renewable", "renew_after_fork"]


class Renewable(Protocol):
    """What threads wait for."""

    def renew(self) -> None:
        """Begin as if no thread had ever asked."""


def renew_after_fork(waited_for: Renewable) -> None:
    """Have an object renewed in every process that is forked, as long as it lives."""
    _RENEWED.add(waited_for)


def _renew_all() -> None:
    for waited_for in _RENEWED:
        waited_for.renew()


_RENEWED: WeakSet[Renewable] = WeakSet()
# Windows has no forks. There is no way to take a function back, so that there is but one.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
