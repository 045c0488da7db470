"""Clearing what the CDN holds, within rokka's hourly budget: wishes now, calls when allowed."""

from __future__ import annotations

from django_rokka.invalidation.draining import drain
from django_rokka.invalidation.planning import plan_drain
from django_rokka.invalidation.reports import BudgetStatus, DrainReport, Result, Status, WishStatus
from django_rokka.invalidation.requesting import request
from django_rokka.invalidation.status import get_status

__all__ = [
    "BudgetStatus",
    "DrainReport",
    "Result",
    "Status",
    "WishStatus",
    "drain",
    "get_status",
    "plan_drain",
    "request",
]
