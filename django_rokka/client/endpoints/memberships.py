"""Who may do what in an organization."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django_rokka.client.arguments import (
    Expiry,
    as_list,
    check_id,
    write_key_settings,
)
from django_rokka.client.calls import Answer, Repeat
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.client.objects import Membership, Page

__all__ = ["ROLES", "Memberships"]

ROLES = (
    "read",
    "write",
    "upload",
    "sourceimages:read",
    "sourceimages:write",
    "sourceimages:download:protected",
    "sourceimages:unlock",
    "billing:read",
    "admin:read",
    "admin",
)
"""All roles of a membership, which can be combined; ``admin`` implies every other."""


class Memberships(Endpoint):
    """Let users into an organization.

    In every method ``organization`` acts on another organization than the client's, and
    ``deadline`` limits the call with all its retries, in seconds. Every method raises
    ``InvalidName`` or ``ValueError`` before the network is touched, an ``APIError`` when rokka
    refuses, and ``ConnectionFailed`` without an answer. Reading takes the role ``admin:read``,
    changing ``admin``.
    """

    def list(self, *, organization: str = "", deadline: float | None = None) -> Page[Membership]:
        """Return all members, on one page: ``GET /organizations/{organization}/memberships``.

        ::

            [member.email for member in client.memberships.list() if "admin" in member.roles]
        """
        answer = self._ask("GET", organization=organization, deadline=deadline)
        return answer.read_as(lambda data: Page.from_json(data, Membership.from_json))

    def get(
        self, user_id: str, *, organization: str = "", deadline: float | None = None
    ) -> Membership:
        """Return a member: ``GET /organizations/{organization}/memberships/{user_id}``.

        Raise ``NotFound`` when the user is no member::

            client.memberships.get(user_id).roles
        """
        answer = self._ask_about(user_id, "GET", organization=organization, deadline=deadline)
        return answer.read_as(Membership.from_json)

    def create(
        self,
        user_id: str,
        roles: str | Iterable[str],
        *,
        comment: str = "",
        organization: str = "",
        deadline: float | None = None,
    ) -> Membership:
        """Give a user roles: ``PUT /organizations/{organization}/memberships/{user_id}``.

        ``roles``, some of ``ROLES``, replace those there were. Return the membership; when rokka
        answers that nothing has changed, it is read by a call with a deadline of its own. Raise
        ``Conflict`` when it would take away the last administrator::

            client.memberships.create(user_id, ["read", "upload"])
        """
        answer = self._ask_about(
            user_id,
            "PUT",
            organization=organization,
            deadline=deadline,
            json=_write_membership(roles, comment),
        )
        if not answer.content:
            return self.get(user_id, organization=organization, deadline=deadline)
        return answer.read_as(Membership.from_json)

    def create_with_new_user(
        self,
        roles: str | Iterable[str],
        *,
        comment: str = "",
        key_comment: str = "",
        requires_mfa: bool | None = None,
        is_trusted: bool | None = None,
        allowed_ips: str | Iterable[str] = (),
        expires: Expiry | None = None,
        organization: str = "",
        deadline: float | None = None,
    ) -> Membership:
        """Make a user with roles and a key: ``POST /organizations/{organization}/memberships``.

        From ``key_comment`` on, the options are those of ``users.create_api_key``. Return the
        membership; its ``api_key`` is shown this once. It is repeated only while it cannot have
        been done, so that no second user is made::

            api_key = client.memberships.create_with_new_user(["write"]).api_key
        """
        membership = _write_membership(roles, comment)
        settings = write_key_settings(
            comment=key_comment or None,
            requires_mfa=requires_mfa,
            is_trusted=is_trusted,
            allowed_ips=as_list(allowed_ips) or None,
            expires=expires,
        )
        answer = self._ask(
            "POST",
            organization=organization,
            deadline=deadline,
            json={**membership, **({"api_key": settings} if settings else {})},
            repeat=Repeat.UNLESS_UNKNOWN,
        )
        return answer.read_as(Membership.from_json)

    def delete(
        self, user_id: str, *, organization: str = "", deadline: float | None = None
    ) -> None:
        """Put a user out: ``DELETE /organizations/{organization}/memberships/{user_id}``.

        Raise ``NotFound`` when the user is no member, ``Conflict`` for the last administrator::

            client.memberships.delete(user_id)
        """
        self._ask_about(
            user_id, "DELETE", organization=organization, deadline=deadline, deletes=True
        )

    def _ask_about(self, user_id: str, method: str, **parts: Any) -> Answer:
        check_id(user_id, owner="a user")
        return self._ask(method, user_id, subject=f"user {user_id!r}", **parts)

    def _ask(self, method: str, *rest: str, **parts: Any) -> Answer:
        return self._request(method, "organizations", "{}", "memberships", *rest, **parts)


def _write_membership(roles: str | Iterable[str], comment: str) -> dict[str, Any]:
    asked = as_list(roles)
    known = ", ".join(ROLES)
    if not asked:
        raise ValueError(f"A membership needs a role: give one or more of {known}.")
    for role in asked:
        if role not in ROLES:
            raise ValueError(f"Unknown role {role!r}, must be one of: {known}.")
    return {"roles": asked, **({"comment": comment} if comment else {})}
