"""What can be set for a whole stack."""

from __future__ import annotations

from collections.abc import Mapping

from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.client.objects import PropertySchema

__all__ = ["StackOptions"]


class StackOptions(Endpoint):
    """Look up stack options.

    ``deadline`` limits the call with all its retries, in seconds. It carries no credentials, and
    raises an ``APIError`` when rokka refuses, and ``ConnectionFailed`` without an answer.
    """

    def get(self, *, deadline: float | None = None) -> Mapping[str, PropertySchema]:
        """Return all stack options, by name: ``GET /stackoptions``.

        Their defaults have changed over the years, so ask rather than remember::

            client.stack_options.get()["jpg.quality"].default
        """
        answer = self._request(
            "GET",
            "stackoptions",
            organization="",
            deadline=deadline,
            subject="list of stack options",
            is_public=True,
        )
        return answer.read_as(PropertySchema.all_from_json)
