"""``/stats/{organization}``, and ``/billing`` and ``/savings``, which are missing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import Route, missing
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import Day

__all__ = ["ROUTES"]

_DEFAULT_DAYS = 30
_MAX_DAYS = 3660


def read(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Count what is stored day by day, newest first; nothing is known of downloads."""
    last = _read_date(request, "to", services.clock().date())
    days_before = min(_DEFAULT_DAYS, last.toordinal()) - 1
    first = _read_date(request, "from", last - timedelta(days=days_before))
    if not 0 <= (last - first).days < _MAX_DAYS:
        raise BadRequest(
            f"from is {first} and to is {last}: from must not be later than to, nor more than"
            f" {_MAX_DAYS} days before it."
        )
    days = services.statistics.days(organization, first=first, last=last)
    nothing = [_point(day, 0, unit="Bytes") for day in days]
    return json_response(
        {
            "space_in_bytes": [_point(day, day.bytes, unit="Bytes") for day in days],
            "number_of_files": [_point(day, day.files, unit=None) for day in days],
            "bytes_downloaded": nothing,
            "bytes_downloaded_external": nothing,
        }
    )


def _read_date(request: IncomingRequest, name: str, default: date) -> date:
    text = request.args.get(name)
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{name} is {text[:100]!r}, must be a date like 2030-01-31.") from error


def _point(day: Day, value: int, *, unit: str | None) -> dict[str, Any]:
    return {"timestamp": f"{day.date}T00:00:00+00:00", "value": value, "unit": unit}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/stats/<org:organization>", read),
    missing("GET", "/billing/<org:organization>", "billing"),
    missing("GET", "/savings", "savings")._replace(is_public=True),
)
