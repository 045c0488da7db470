"""Names for images."""

from __future__ import annotations

from typing import Any

from django_rokka.client.calls import Answer, Repeat
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.client.objects import Alias, Budget
from django_rokka.render import check_alias_name, check_hash

__all__ = ["Aliases"]


class Aliases(Endpoint):
    """Point aliases at images.

    In every method ``organization`` acts on another organization than the client's, and
    ``deadline`` limits the call with all its retries, in seconds. Every method raises
    ``InvalidAliasName`` before the network is touched, an ``APIError`` when rokka refuses, and
    ``ConnectionFailed`` without an answer.
    """

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

        Return the alias. Raise ``AliasExists`` when it exists and ``overwrite`` was not asked
        for, ``NotFound`` when there is no such image. Without ``overwrite`` it is repeated only
        while it cannot have been done. What caches hold of the alias stays until
        ``invalidate_cache``::

            client.aliases.create("brand_7_logo", image.hash, overwrite=True)
        """
        check_hash(hash)
        answer = self._ask(
            "PUT",
            name,
            organization=organization,
            deadline=deadline,
            subject=f"source image {hash!r} to name {name!r}",
            parameters={"overwrite": "true"} if overwrite else {},
            json={"hash": hash},
            repeat=Repeat.ALWAYS if overwrite else Repeat.UNLESS_UNKNOWN,
        )
        asked = {"alias": name, "hash": hash, "organization": answer.call.organization}
        # The answer's body is not documented; what it leaves out is what was asked for.
        return answer.read_as(lambda data: Alias.from_json({**asked, **(data or {})}))

    def get(self, name: str, *, organization: str = "", deadline: float | None = None) -> Alias:
        """Return what an alias points at: ``GET /sourceimages/{organization}/alias/{name}``.

        Raise ``NotFound`` when there is no such alias::

            client.aliases.get("brand_7_logo").hash
        """
        answer = self._ask("GET", name, organization=organization, deadline=deadline)
        return answer.read_as(Alias.from_json)

    def delete(self, name: str, *, organization: str = "", deadline: float | None = None) -> None:
        """Delete an alias, not its image: ``DELETE /sourceimages/{organization}/alias/{name}``.

        Its rendered images stay in caches. Raise ``NotFound`` when there is no such alias::

            client.aliases.delete("brand_7_logo")
        """
        self._ask("DELETE", name, organization=organization, deadline=deadline, deletes=True)

    def invalidate_cache(
        self, name: str, *, organization: str = "", deadline: float | None = None
    ) -> Budget:
        """Clear what the CDN holds: ``DELETE /sourceimages/{organization}/alias/{name}/cache``.

        rokka accepts it and clears within seconds. It takes ten an hour, from paying accounts,
        so it is never retried. Return what is left of them. Raise ``QuotaExceeded``, whose
        ``retry_at`` says when there is room again, and ``PermissionDenied`` on a free account::

            client.aliases.invalidate_cache("brand_7_logo")
        """
        answer = self._ask(
            "DELETE",
            name,
            "cache",
            organization=organization,
            deadline=deadline,
            feature="clearing the cache of an alias",
            repeat=Repeat.NEVER,
        )
        return Budget.from_headers(answer.headers)

    def _ask(self, method: str, name: str, *rest: str, subject: str = "", **parts: Any) -> Answer:
        check_alias_name(name)
        path = ("sourceimages", "{}", "alias", name, *rest)
        return self._request(method, *path, subject=subject or f"alias {name!r}", **parts)
