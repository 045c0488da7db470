"""What stacks can do with an image."""

from __future__ import annotations

from collections.abc import Mapping

from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.client.objects import OperationSchema

__all__ = ["Operations"]


class Operations(Endpoint):
    """Look up operations.

    ``deadline`` limits the call with all its retries, in seconds. It carries no credentials, and
    raises an ``APIError`` when rokka refuses, and ``ConnectionFailed`` without an answer.
    """

    def list(self, *, deadline: float | None = None) -> Mapping[str, OperationSchema]:
        """Return all operations and their options, by name: ``GET /operations``.

        These are the operations of the API host, whatever this package knows of::

            client.operations.list()["resize"].properties["width"].maximum
        """
        answer = self._request(
            "GET",
            "operations",
            organization="",
            deadline=deadline,
            subject="list of operations",
            is_public=True,
        )
        return answer.read_as(
            lambda data: {
                name: OperationSchema.from_json(name, schema) for name, schema in data.items()
            }
        )
