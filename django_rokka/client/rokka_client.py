"""The client of one organization."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django_rokka.client.calls import Call, Repeat, check_organization
from django_rokka.client.credentials import TokenStore
from django_rokka.client.deadline import Clock, Timeouts
from django_rokka.client.endpoints.aliases import Aliases
from django_rokka.client.endpoints.memberships import Memberships
from django_rokka.client.endpoints.operations import Operations
from django_rokka.client.endpoints.organizations import Organizations
from django_rokka.client.endpoints.rendering import Utils
from django_rokka.client.endpoints.source_images import SourceImages
from django_rokka.client.endpoints.stack_options import StackOptions
from django_rokka.client.endpoints.stacks import Stacks
from django_rokka.client.endpoints.stats import Stats
from django_rokka.client.endpoints.users import Users
from django_rokka.client.secrets import Secret
from django_rokka.client.session import DEFAULT_TIMEOUT, Session
from django_rokka.exceptions import InvalidName

if TYPE_CHECKING:
    import requests

__all__ = ["API_HOST", "RokkaClient"]

API_HOST = "https://api.rokka.io"


class RokkaClient(AbstractContextManager["RokkaClient"]):
    """Speak to rokka's API on behalf of an organization.

    ``api_key`` opens the API. With ``tokens``, a store of JSON web tokens, requests carry a token
    instead, which is renewed before it ends; the key, if there is one, fetches the first.
    ``timeout`` is in seconds, one number or a pair: to connect, and for each piece of an answer.
    ``retries`` counts what follows a first try that failed for a passing reason. ``session``
    makes the ``requests.Session`` that each thread uses, for proxies, certificates or adapters
    of your own; ``clock`` is where time comes from. With ``read_only`` every call that would
    change something raises ``ReadOnly`` and sends nothing. Safe to share among threads. Raise
    ``ValueError`` for an argument that cannot be meant::

        with RokkaClient(organization="acme", api_key="...") as client:
            image = client.source_images.create("beach.jpg")
    """

    def __init__(
        self,
        *,
        organization: str,
        api_key: str = "",
        tokens: TokenStore | None = None,
        api_host: str = API_HOST,
        timeout: float | Timeouts = DEFAULT_TIMEOUT,
        retries: int = 4,
        session: Callable[[], requests.Session] | None = None,
        clock: Clock = time,
        read_only: bool = False,
    ) -> None:
        api_key = _read_key(api_key)  # the local too: error pages show the variables of each frame
        check_organization(organization)
        self.organization = organization
        self.api_host = api_host.rstrip("/")
        self._session = Session(
            organization=organization,
            api_key=api_key,
            tokens=tokens,
            api_host=api_host,
            timeout=timeout,
            retries=retries,
            make_session=session,
            clock=clock,
            read_only=read_only,
        )
        self.source_images = SourceImages(self._session, organization=organization)
        self.aliases = Aliases(self._session, organization=organization)
        self.stacks = Stacks(self._session, organization=organization)
        self.stack_options = StackOptions(self._session, organization=organization)
        self.operations = Operations(self._session, organization=organization)
        self.organizations = Organizations(self._session, organization=organization)
        self.memberships = Memberships(self._session, organization=organization)
        self.users = Users(self._session, organization=organization)
        self.utils = Utils(self._session, organization=organization)
        self.stats = Stats(self._session, organization=organization)

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

    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        json: Any = None,
        deadline: float | None = None,
    ) -> Any:
        """Make a call that has no method here, and return the JSON of its answer.

        ``path`` is percent-encoded and begins with ``/``; a query belongs into ``parameters``.
        Only ``GET`` is repeated when its answer is lost, and clearing a cache never. Raise
        ``InvalidName`` for what is no path::

            client.request("GET", "/organizations/acme/sub_organizations")
        """
        method = method.upper()
        if not path.startswith("/") or {"?", "#"}.intersection(path):
            raise InvalidName(
                f"{path[:200]!r} is no path of the API: begin with '/', leave out the host, and"
                " pass a query as parameters."
            )
        segments = tuple(map(unquote, path[1:].rstrip("/").split("/"))) if path != "/" else ()
        call = Call(
            method=method,
            segments=segments,
            organization=self.organization,
            subject=f"{path!r}",
            parameters=parameters or {},
            json=json,
            repeat=_repeat(method, segments),
            deadline=deadline,
        )
        return self._session.request(call).json

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._session.close()


def _repeat(method: str, segments: tuple[str, ...]) -> Repeat:
    if method == "DELETE" and segments[-1:] == ("cache",):
        return Repeat.NEVER
    return Repeat.ALWAYS if method == "GET" else Repeat.UNLESS_UNKNOWN


def _read_key(api_key: str) -> Secret:
    if not isinstance(api_key, str):
        raise TypeError(
            f"The API key is of type {type(api_key).__name__}, must be a text. Is the environment"
            " variable set that it comes from?"
        )
    return Secret(api_key)
