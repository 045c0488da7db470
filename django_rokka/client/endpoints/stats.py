"""What an organization stores, delivers and costs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django_rokka.client.calls import Answer
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.client.objects import Statistics

__all__ = ["Stats"]


class Stats(Endpoint):
    """Look up figures.

    Both dates are within what is asked for; without them rokka chooses. In every method
    ``organization`` acts on another organization than the client's, and ``deadline`` limits the
    call with all its retries, in seconds. Every method raises ``InvalidName`` before the network
    is touched, an ``APIError`` when rokka refuses, and ``ConnectionFailed`` without an answer.
    """

    def get(
        self,
        *,
        from_date: date | None = None,
        to_date: date | None = None,
        organization: str = "",
        deadline: float | None = None,
    ) -> Statistics:
        """Return the figures of each day: ``GET /stats/{organization}``.

        Without dates they are those of the last 30 days::

            client.stats.get(from_date=date(2030, 1, 1)).space_in_bytes[0].value
        """
        answer = self._ask(
            "stats", from_date, to_date, organization=organization, deadline=deadline
        )
        return answer.read_as(Statistics.from_json)

    def get_billing(
        self,
        *,
        from_date: date | str | None = None,
        to_date: date | str | None = None,
        organization: str = "",
        deadline: float | None = None,
    ) -> Any:
        """Return the figures of each month that is billed: ``GET /billing/{organization}``.

        It takes the role ``billing:read``. rokka documents neither how it reads dates, so a text
        goes out as it is, nor what it answers, so this is the JSON as it comes::

            client.stats.get_billing(from_date="2030-01", to_date="2030-12")
        """
        return self._ask(
            "billing", from_date, to_date, organization=organization, deadline=deadline
        ).json

    def _ask(
        self, what: str, from_date: date | str | None, to_date: date | str | None, **parts: Any
    ) -> Answer:
        given = {"from": from_date, "to": to_date}
        parameters = {
            name: day if isinstance(day, str) else f"{day:%Y-%m-%d}"
            for name, day in given.items()
            if day is not None
        }
        return self._request("GET", what, "{}", parameters=parameters, **parts)
