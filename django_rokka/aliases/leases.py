"""A lease: one alias is one process's alone for a minute, without a lock held across a call."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from django_rokka.models import Alias, AliasQuerySet
from django_rokka.transactions import committed

__all__ = ["Lease"]

_LASTS = timedelta(seconds=60)
"""Longer than all that its holder may do with it."""

_EARLY = timedelta(seconds=10)
"""How much too early a queue may be, or its clock."""

_LATEST_CALL = 20.0
"""Seconds after which no call is begun: with the longest of them, well within the lease."""


class Lease:
    """An alias that this process has for itself; whoever overstays it writes nothing.

    ``alias`` is the row as it was when the lease began.
    """

    def __init__(self, alias: Alias) -> None:
        self.alias = alias
        self._generation = alias.generation
        self._began = time.monotonic()

    @classmethod
    def take(cls, alias: Alias, *, only_due: bool = False) -> Lease | None:
        """Take an alias that waits; ``None`` where another process has it, or nothing is to do.

        Raise ``RuntimeError`` inside of a transaction: the lease has to be seen by others.
        """
        now, using = timezone.now(), alias._state.db
        is_free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        rows = Alias.objects.using(using).filter(is_free, pk=alias.pk, generation=alias.generation)
        waiting = rows.filter(due_at__lte=now + _EARLY) if only_due else rows.exclude(due_at=None)
        with committed(str(using)):
            taken = waiting.update(claimed_until=now + _LASTS, generation=F("generation") + 1)
        if not taken:
            return None
        held = Alias.objects.using(using).filter(pk=alias.pk).first()
        is_ours = held is not None and held.generation == alias.generation + 1
        return cls(held) if held is not None and is_ours else None

    @property
    def using(self) -> str:
        """The database that has the alias."""
        return str(self.alias._state.db)

    @property
    def is_late(self) -> bool:
        """Whether the process was held up for so long that another may begin before it ends."""
        return time.monotonic() - self._began > _LATEST_CALL

    @property
    def row(self) -> AliasQuerySet:
        """The row, as long as nobody else has taken it."""
        rows = Alias.objects.using(self.using)
        kept: AliasQuerySet = rows.filter(pk=self.alias.pk, generation=self._generation)
        return kept

    def note(self, **values: Any) -> bool:
        """Write into the row, if it is still ours."""
        return bool(self.row.update(changed=timezone.now(), **values))

    def settle(self, *, claimed_until: datetime | None = None, **values: Any) -> bool:
        """End the lease, now or when it runs out, with what became of its target.

        ``False`` where the alias has been claimed for something else meanwhile: then it stays due.
        """
        same = self.row.filter(target_hash=self.alias.target_hash, due_at=self.alias.due_at)
        if same.update(claimed_until=claimed_until, changed=timezone.now(), **values):
            return True
        self.note(claimed_until=claimed_until)
        return False

    def release(self, **values: Any) -> bool:
        """End the lease and write into the row; ``False`` where it has been lost."""
        return self.note(claimed_until=None, **values)

    def confess(self, hash: str) -> None:
        """Note that rokka may have been told this after the lease was lost: it is done again.

        The generation has another process, which began meanwhile, notice.
        """
        Alias.objects.using(self.using).filter(pk=self.alias.pk).update(
            asked_hash=hash,
            due_at=timezone.now(),
            generation=F("generation") + 1,
            claimed_until=None,
        )
