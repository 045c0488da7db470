"""A table of what was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

_SHOWN = 6
"""Problems that are written out for one check."""


class Report:
    """Prints a line for each check as it is made, and counts."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._good = 0
        self._bad = 0
        say("")
        self._line("", "where", "what", "found")
        say("-" * 100)

    def add(self, where: str, what: str, found: str, problems: Iterable[str]) -> None:
        """Add a line; it is a failure when there is any problem."""
        lines = [*problems]
        self._line("FAIL" if lines else "ok", where, what, found)
        for line in lines[:_SHOWN]:
            self._say(f"      ! {line}")
        if len(lines) > _SHOWN:
            self._say(f"      ! and {len(lines) - _SHOWN} more")
        if lines:
            self._bad += 1
        else:
            self._good += 1

    def close(self) -> bool:
        """Print the result; True when all is well."""
        self._say("-" * 100)
        self._say(f"{self._good} checks passed, {self._bad} failed.")
        return self._good > 0 and self._bad == 0

    def _line(self, mark: str, where: str, what: str, found: str) -> None:
        self._say(f"{mark:<5} {where:<38} {what:<28} {found}".rstrip())
