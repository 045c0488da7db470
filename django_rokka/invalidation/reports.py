"""What was sent, and what waits."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

__all__ = ["BudgetStatus", "DrainReport", "Result", "Status", "WishStatus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How the wish for a key ended: an outcome of ``CacheInvalidation``, and why.

    The outcome is empty where another try follows. ``is_attempt`` says that rokka was asked.
    """

    kind: str
    key: str
    outcome: str
    error: str = ""
    is_attempt: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.error or self.outcome}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainReport:
    """What a drain did: a result for each key, and how many keys are ``waiting`` after it."""

    organization: str
    results: tuple[Result, ...] = ()
    waiting: int = 0

    def count(self, outcome: str) -> int:
        """Count the keys that ended so."""
        return Counter(result.outcome for result in self.results)[outcome]

    @property
    def errors(self) -> tuple[Result, ...]:
        """The results that are no success."""
        return tuple(result for result in self.results if result.error)

    def as_json(self) -> dict[str, Any]:
        """Return texts, numbers and lists only."""
        return {
            "organization": self.organization,
            "results": [asdict(result) for result in self.results],
            "waiting": self.waiting,
        }

    def __str__(self) -> str:
        return (
            f"Organization {self.organization}: {self.count('cleared')} cleared,"
            f" {len(self.errors)} failed, {self.waiting} waiting."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """What is ``used`` of this site's ``share`` of an hour, and how many calls are ``free`` now.

    ``free`` may be less than the rest of the share, where others have used it up. ``refusal`` is
    what rokka said to an account that may not.
    """

    kind: str
    share: int
    used: int
    free: int
    waiting: int
    blocked_until: datetime | None = None
    refusal: str = ""

    def __str__(self) -> str:
        text = f"{self.kind}: {self.used} of {self.share} used, {self.free} free"
        if self.refusal:
            return f"{text}, refused until {self.blocked_until:%Y-%m-%d %H:%M %Z}: {self.refusal}"
        if self.blocked_until is not None:
            text += f", blocked until {self.blocked_until:%Y-%m-%d %H:%M:%S %Z}"
        return f"{text}, {self.waiting} waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishStatus:
    """When the open wishes for a key will be sent, if rokka answers and somebody drains.

    ``wishes`` of them become one call, which ``before`` others of the kind come first to.
    ``sent_in`` is in seconds; ``None`` means never, and ``reason`` says why.
    """

    kind: str
    key: str
    requested_at: datetime
    wishes: int
    before: int
    sent_in: float | None
    is_being_sent: bool = False
    reason: str = ""
    attempts: int = 0
    last_error: str = ""

    @property
    def when(self) -> str:
        """When it is sent, in words: ``in 23 minutes, 4 before it``."""
        if self.sent_in is None:
            return f"never, {self.reason}"
        if self.is_being_sent:
            return "being sent"
        before = f", {self.before} before it" if self.before else ""
        return f"{_describe(self.sent_in)}{before}"

    def __str__(self) -> str:
        error = f" (attempt {self.attempts}: {self.last_error})" if self.last_error else ""
        return f"{self.kind} {self.key}: {self.when}{error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The budgets of an organization, and what waits for them in this environment."""

    organization: str
    environment: str
    budgets: tuple[BudgetStatus, ...]
    wishes: tuple[WishStatus, ...]

    def get(self, kind: str, key: str) -> WishStatus | None:
        """Return what waits for a key; ``None`` where nothing does."""
        same = (wish for wish in self.wishes if (wish.kind, wish.key) == (kind, key))
        return next(same, None)

    def as_json(self) -> dict[str, Any]:
        """Return texts, numbers and lists only; moments in ISO 8601."""
        return {
            "organization": self.organization,
            "environment": self.environment,
            "budgets": [_flatten(asdict(budget)) for budget in self.budgets],
            "wishes": [_flatten({**asdict(wish), "when": wish.when}) for wish in self.wishes],
        }

    def __str__(self) -> str:
        lines = (*self.budgets, *self.wishes)
        return "\n".join((f"Organization {self.organization}", *map(str, lines)))


def _describe(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes <= 0:
        return "now"
    hours, minutes = divmod(minutes, 60)
    parts = [_count(hours, "hour"), _count(minutes, "minute")]
    return f"in {' '.join(filter(None, parts))}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}" if number else ""


def _flatten(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
