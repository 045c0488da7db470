"""When to drain next, for a task queue that can wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from django_rokka.invalidation.budgets import get_database
from django_rokka.invalidation.reports import WishStatus
from django_rokka.invalidation.status import get_status
from django_rokka.models import InvalidationBudget
from django_rokka.storage import RokkaStorage

__all__ = ["plan_drain"]

_MARGIN = timedelta(seconds=1)
_LEASE = 60.0
"""Seconds after which another may send what a process has begun."""

_EARLY = timedelta(seconds=10)
"""How much too early a queue may be, or its clock."""


def plan_drain(storage: RokkaStorage) -> datetime | None:
    """Return when the first wish that waits can be sent, to the one caller that is to do it.

    ``None`` where nothing waits, or where somebody drains by then: however many ask, there is one
    drain for it. No request.
    """
    now = timezone.now()
    pauses = ((_get_pause(wish), wish.kind) for wish in get_status(storage).wishes)
    waits = [(pause, kind) for pause, kind in pauses if pause is not None]
    if not waits:
        return None
    pause, kind = min(waits)
    moment = now + timedelta(seconds=pause) + _MARGIN
    budgets = InvalidationBudget.objects.using(get_database()).filter(
        organization=storage.config.organization, kind=kind
    )
    is_over = Q(drain_at=None) | Q(drain_at__lte=now + _EARLY)
    is_later = Q(drain_at__gt=moment + _MARGIN)
    return moment if budgets.filter(is_over | is_later).update(drain_at=moment) else None


def _get_pause(wish: WishStatus) -> float | None:
    """Return in how many seconds a wish can be taken; one that is being sent may be left behind."""
    return _LEASE if wish.is_being_sent else wish.sent_in
