"""The hourly budgets of CDN invalidation."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

from werkzeug.wrappers import Response

from django_rokka.emulator.access.accounts import require_paying
from django_rokka.emulator.errors import BudgetSpent, json_response
from django_rokka.emulator.services import Services

__all__ = ["count_invalidations", "spend_invalidation"]

_PER_HOUR = {"alias": 10, "source_image": 5, "stack": 5}


def spend_invalidation(services: Services, organization: str, kind: str) -> Response:
    """Spend one of the organization's invalidations of a kind; there is no CDN to clear."""
    require_paying(services, organization, "Invalidation of caches")
    per_hour = _PER_HOUR[kind]
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


def count_invalidations(services: Services, organization: str) -> list[dict[str, Any]]:
    """Describe what is spent of each budget in the hour up to now."""
    now = services.clock().timestamp()
    return [
        {
            "kind": kind,
            "spent": services.invalidations.count(organization, kind, now=now),
            "per_hour": per_hour,
        }
        for kind, per_hour in _PER_HOUR.items()
    ]
