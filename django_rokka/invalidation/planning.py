"""When to drain next, for a task queue that can wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from django_rokka.invalidation.budgets import get_database
from django_rokka.invalidation.status import get_status
from django_rokka.models import InvalidationBudget
from django_rokka.storage import RokkaStorage

__all__ = ["plan_drain"]

_MARGIN = timedelta(seconds=1)
_EARLY = timedelta(seconds=10)
"""How much too early a queue may be, or its clock."""


def plan_drain(storage: RokkaStorage) -> datetime | None:
    """Return when the first wish that waits can be sent, to the one caller that is to do it.

    ``None`` where nothing waits, or where somebody drains by then: however many ask, there is one
    drain for it. No request.
    """
    now = timezone.now()
    waits = [wish for wish in get_status(storage).wishes if wish.sent_in is not None]
    for first in sorted(waits, key=lambda wish: wish.sent_in or 0)[:1]:
        moment = now + timedelta(seconds=first.sent_in or 0) + _MARGIN
        budgets = InvalidationBudget.objects.using(get_database()).filter(
            organization=storage.config.organization, kind=first.kind
        )
        is_open = (
            Q(drain_at=None) | Q(drain_at__lte=now + _EARLY) | Q(drain_at__gt=moment + _MARGIN)
        )
        if budgets.filter(is_open).update(drain_at=moment):
            return moment
    return None
