"""What became of aliases: moved, compared with rokka, compared with the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["ApplyReport", "ReconcileReport", "Result", "Verification"]

_SHORT = 12
"""Digits of a hash that people read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How applying an alias ended, and why.

    The ``outcome`` is ``"moved"``, ``"created"``, ``"deleted"``, ``"in_step"`` (rokka was right
    already), ``"failed"`` or ``"busy"`` (another process has it). The alias pointed at
    ``previous`` before, and points at ``hash``; ``reference`` is what the owner's column holds
    since, empty where nothing was written to it.
    """

    name: str
    outcome: str
    hash: str = ""
    previous: str = ""
    error: str = ""
    reference: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return texts only."""
        return asdict(self)

    def __str__(self) -> str:
        if self.error:
            return f"{self.name}: {self.outcome}: {self.error}"
        if self.outcome == "moved":
            return f"{self.name}: moved from {self.previous[:_SHORT]} to {self.hash[:_SHORT]}"
        where = f" at {self.hash[:_SHORT]}" if self.hash else ""
        return f"{self.name}: {self.outcome.replace('_', ' ')}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """What a run did: a result for each alias, and how many are ``waiting`` after it."""

    organization: str
    results: tuple[Result, ...] = ()
    waiting: int = 0

    def count(self, outcome: str) -> int:
        """Count the aliases that ended so."""
        return Counter(result.outcome for result in self.results)[outcome]

    @property
    def errors(self) -> tuple[Result, ...]:
        """The results that are no success."""
        return tuple(result for result in self.results if result.error)

    def as_json(self) -> dict[str, Any]:
        """Return texts, numbers and lists only."""
        return {
            "organization": self.organization,
            "results": [result.as_json() for result in self.results],
            "waiting": self.waiting,
        }

    def __str__(self) -> str:
        return (
            f"Organization {self.organization}: {self.count('created')} created,"
            f" {self.count('moved')} moved, {self.count('deleted')} deleted,"
            f" {len(self.errors)} failed, {self.waiting} waiting."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What rokka says of an alias: it shall point at ``expected``, and points at ``found``.

    The ``state`` is ``"in_step"``, ``"pending"`` (it has to be applied yet), ``"drifted"``
    (somebody else has moved it), ``"gone"`` (somebody else has deleted it) or ``"unknown"``,
    where rokka did not say, for the reason in ``error``.
    """

    name: str
    state: str
    expected: str = ""
    found: str = ""
    error: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether somebody else has moved or deleted it."""
        return self.state in {"drifted", "gone"}

    def as_json(self) -> dict[str, Any]:
        """Return texts only."""
        return asdict(self)

    def __str__(self) -> str:
        text = f"{self.name}: {self.state.replace('_', ' ')}"
        if self.error:
            return f"{text}: {self.error}"
        expected = self.expected[:_SHORT] or "nothing"
        if self.state == "in_step":
            return f"{text} at {expected}"
        return f"{text}: {expected} expected, {self.found[:_SHORT] or 'nothing'} found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileReport:
    """What comparing columns and aliases has found, and changed unless it was a dry run.

    Of the images ``checked``, those ``claimed`` had no alias yet, those ``retargeted`` had
    another target, and those ``marked`` were not noted in their column, or not confirmed by
    rokka, as names of no row may be; all these are due now. ``foreign`` belong to another
    environment. Aliases whose row is gone are ``deleted``, or ``orphaned`` where their field
    keeps them, is gone too or has other keys since. ``problems`` are sentences on images that can
    have no alias.
    """

    organization: str
    checked: int = 0
    claimed: int = 0
    retargeted: int = 0
    marked: int = 0
    foreign: int = 0
    orphaned: int = 0
    deleted: int = 0
    problems: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return texts, numbers and lists only."""
        return {**asdict(self), "problems": list(self.problems)}

    def __str__(self) -> str:
        return (
            f"Organization {self.organization}: {self.checked} checked, {self.claimed} claimed,"
            f" {self.retargeted} retargeted, {self.marked} marked, {self.deleted} to delete,"
            f" {self.orphaned} orphaned, {self.foreign} of other environments,"
            f" {len(self.problems)} problems."
        )
