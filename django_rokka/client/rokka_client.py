"""The client of one organization."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from django_rokka.client.deadline import Clock, Timeout
from django_rokka.client.endpoints.aliases import Aliases
from django_rokka.client.endpoints.source_images import SourceImages
from django_rokka.client.endpoints.stacks import Stacks
from django_rokka.client.secrets import Secret
from django_rokka.client.session import DEFAULT_TIMEOUT, Session

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

__all__ = ["API_HOST", "RokkaClient"]

API_HOST = "https://api.rokka.io"


class RokkaClient(AbstractContextManager["RokkaClient"]):
    """Speak to rokka's API on behalf of an organization.

    ``timeout`` is in seconds, one number or a pair: to connect, and for each piece of an answer.
    ``retries`` counts what follows a first try that failed for a passing reason. ``adapter``
    takes the requests in place of the network; ``clock`` is where time comes from. Safe to share
    among threads. Raise ``ValueError`` for an argument that cannot be meant.
    """

    def __init__(
        self,
        *,
        organization: str,
        api_key: str,
        api_host: str = API_HOST,
        timeout: float | Timeout = DEFAULT_TIMEOUT,
        retries: int = 4,
        adapter: BaseAdapter | None = None,
        clock: Clock = time,
    ) -> None:
        api_key = Secret(api_key)  # the local too: error pages show the variables of each frame
        self.organization = organization
        self.api_host = api_host
        self._session = Session(
            api_key=api_key,
            api_host=api_host,
            timeout=timeout,
            retries=retries,
            adapter=adapter,
            clock=clock,
        )
        self.api_host = self._session.api_host
        self.source_images = SourceImages(self._session, organization=organization)
        self.aliases = Aliases(self._session, organization=organization)
        self.stacks = Stacks(self._session, organization=organization)

    def __repr__(self) -> str:
        return f"<RokkaClient {self.organization!r} at {self.api_host}>"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._session.close()
