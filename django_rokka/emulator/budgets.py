"""The hourly budgets of CDN invalidation."""

from __future__ import annotations

import math
from datetime import datetime, timezone

from werkzeug.wrappers import Response

from django_rokka.emulator.errors import BudgetSpent, json_response
from django_rokka.emulator.services import Services

__all__ = ["spend_invalidation"]


def spend_invalidation(
    services: Services, organization: str, kind: str, *, per_hour: int
) -> Response:
    """Spend one of the organization's invalidations of a kind; there is no CDN to clear."""
    reservation = services.invalidations.reserve(
        organization, kind, limit=per_hour, now=services.clock().timestamp()
    )
    if not reservation.is_granted:
        retry_at = math.ceil(reservation.retry_at)
        readable = datetime.fromtimestamp(retry_at, timezone.utc).isoformat()
        raise BudgetSpent(limit=per_hour, retry_at=retry_at, readable=readable)
    return json_response(
        {"status": "ok"},
        X_RateLimit_Limit=str(per_hour),
        X_RateLimit_Remaining=str(reservation.remaining),
    )
