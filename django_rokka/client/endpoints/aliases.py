"""Names for images (API.md 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.client.calls import Call
from django_rokka.client.objects import Alias
from django_rokka.client.session import Session
from django_rokka.render import check_alias_name

__all__ = ["Aliases"]


class Aliases:
    """Point aliases at images.

    ``organization`` acts on another organization than the client's. ``deadline`` limits a call
    with all its retries, in seconds. Each method raises ``InvalidAliasName`` before the network
    is touched, an ``APIError`` when rokka refuses, and ``ConnectionFailed`` without an answer.
    """

    def __init__(self, session: Session, *, organization: str) -> None:
        self._session = session
        self._organization = organization

    def create(
        self,
        name: str,
        hash: str,
        *,
        overwrite: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> Alias:
        """Point an alias at an image: ``PUT /sourceimages/{organization}/alias/{name}``.

        Raise ``Conflict`` when it exists and ``overwrite`` was not asked for.
        """
        call = self._call(
            "PUT",
            name,
            organization=organization,
            deadline=deadline,
            subject=f"source image {hash!r} to name {name!r}",
            parameters={"overwrite": "true"} if overwrite else {},
            json={"hash": hash},
        )
        asked = {"alias": name, "hash": hash, "organization": call.organization}
        # The answer's body is not documented; what it leaves out is what was asked for.
        return self._session.request(call).read_as(
            lambda data: Alias.from_json({**asked, **(data or {})})
        )

    def get(self, name: str, *, organization: str = "", deadline: float | None = None) -> Alias:
        """Return what an alias points at: ``GET /sourceimages/{organization}/alias/{name}``."""
        call = self._call("GET", name, organization=organization, deadline=deadline)
        return self._session.request(call).read_as(Alias.from_json)

    def delete(self, name: str, *, organization: str = "", deadline: float | None = None) -> None:
        """Delete an alias, not its image: ``DELETE /sourceimages/{organization}/alias/{name}``.

        Its rendered images stay in caches.
        """
        self._session.request(
            self._call("DELETE", name, organization=organization, deadline=deadline)
        )

    def invalidate_cache(
        self, name: str, *, organization: str = "", deadline: float | None = None
    ) -> None:
        """Clear what the CDN holds of an alias: ``DELETE .../alias/{name}/cache``.

        rokka takes ten an hour, from paid accounts; so it is never retried. ``RateLimited`` has
        the seconds until the next one as ``retry_after``.
        """
        call = self._call(
            "DELETE",
            name,
            "cache",
            organization=organization,
            deadline=deadline,
            is_repeatable=False,
        )
        self._session.request(call)

    def _call(
        self,
        method: str,
        name: str,
        *rest: str,
        organization: str,
        deadline: float | None,
        subject: str = "",
        parameters: Mapping[str, str] | None = None,
        json: Any = None,
        is_repeatable: bool = True,
    ) -> Call:
        check_alias_name(name)
        organization = organization or self._organization
        return Call(
            method=method,
            segments=("sourceimages", organization, "alias", name, *rest),
            organization=organization,
            subject=subject or f"alias {name!r}",
            parameters=parameters or {},
            json=json,
            is_repeatable=is_repeatable,
            deadline=deadline,
        )
