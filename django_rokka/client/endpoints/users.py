"""The user behind the credentials, with keys and tokens."""

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
from django_rokka.client.objects import ApiKey, Page, Token, User, UserMembership

__all__ = ["Users"]

_NO_KEYS = frozenset({"current", "token"})
"""What stands in the place of a key's id and is another endpoint."""


class Users(Endpoint):
    """Sign up, and manage one's own API keys and tokens.

    ``deadline`` limits each call with all its retries, in seconds. Every method raises
    ``InvalidName`` or ``ValueError`` before the network is touched, an ``APIError`` when rokka
    refuses, and ``ConnectionFailed`` without an answer. Users with one of the roles ``read``,
    ``upload`` and ``sourceimages:read`` anywhere are refused what is about keys, unless the key
    in use is trusted.
    """

    def create(self, email: str, *, organization: str = "", deadline: float | None = None) -> User:
        """Sign up, without credentials: ``POST /users``.

        ``organization`` names the organization to sign up with. Return the user; ``api_key`` is
        shown this once. It is repeated only while it cannot have been done::

            api_key = client.users.create("ada@example.org", organization="acme").api_key
        """
        answer = self._ask(
            "POST",
            "users",
            deadline=deadline,
            json={"email": email, **({"organization": organization} if organization else {})},
            repeat=Repeat.UNLESS_UNKNOWN,
            is_public=True,
        )
        return answer.read_as(User.from_json)

    def get(self, *, deadline: float | None = None) -> User:
        """Return the user of these credentials: ``GET /user``.

        rokka says no more than the ``id`` of those who only read::

            client.users.get().email
        """
        return self._ask("GET", "user", deadline=deadline).read_as(User.from_json)

    def get_id(self, *, deadline: float | None = None) -> str:
        """Return the id of the user of these credentials: ``GET /user``.

        ::

            client.memberships.get(client.users.get_id())
        """
        return self.get(deadline=deadline).id

    def list_memberships(self, *, deadline: float | None = None) -> Page[UserMembership]:
        """Return all organizations these credentials open: ``GET /user/memberships``.

        ::

            [each.organization for each in client.users.list_memberships()]
        """
        answer = self._ask("GET", "user", "memberships", deadline=deadline)
        return answer.read_as(lambda data: Page.from_json(data, UserMembership.from_json))

    def list_api_keys(self, *, deadline: float | None = None) -> tuple[ApiKey, ...]:
        """Return all keys of the user, without their values: ``GET /user/apikeys``.

        ::

            [key.id for key in client.users.list_api_keys() if key.comment == "old"]
        """
        answer = self._ask("GET", "user", "apikeys", deadline=deadline)
        return answer.read_as(lambda data: tuple(ApiKey.from_json(key) for key in data))

    def create_api_key(
        self,
        *,
        comment: str = "",
        requires_mfa: bool | None = None,
        is_trusted: bool | None = None,
        allowed_ips: str | Iterable[str] = (),
        expires: Expiry | None = None,
        deadline: float | None = None,
    ) -> ApiKey:
        """Make a key, one of at most five: ``POST /user/apikeys``.

        A key that ``requires_mfa`` fetches tokens, with a second factor, and opens nothing else;
        it is for rokka's dashboard, since no method here takes the second factor.
        One that ``is_trusted`` never leaves the server, and manages the keys of a user who only
        reads. ``allowed_ips`` are addresses and IPv4 networks, at most ten; ``expires`` is an
        aware datetime. Return the key; ``api_key`` is shown this once. It is repeated only while
        it cannot have been done::

            api_key = client.users.create_api_key(comment="shop", allowed_ips=["10.0.0.5"]).api_key
        """
        settings = write_key_settings(
            comment=comment or None,
            requires_mfa=requires_mfa,
            is_trusted=is_trusted,
            allowed_ips=as_list(allowed_ips) or None,
            expires=expires,
        )
        answer = self._ask(
            "POST",
            "user",
            "apikeys",
            deadline=deadline,
            json=settings,
            repeat=Repeat.UNLESS_UNKNOWN,
        )
        return answer.read_as(ApiKey.from_json)

    def get_current_api_key(self, *, deadline: float | None = None) -> ApiKey:
        """Return the key in use, without its value: ``GET /user/apikeys/current``.

        ::

            client.users.get_current_api_key().expires
        """
        answer = self._ask("GET", "user", "apikeys", "current", deadline=deadline)
        return answer.read_as(ApiKey.from_json)

    def update_api_key(
        self,
        id: str,
        *,
        comment: str | None = None,
        requires_mfa: bool | None = None,
        is_trusted: bool | None = None,
        allowed_ips: str | Iterable[str] | None = None,
        expires: Expiry | None = None,
        force: bool = False,
        deadline: float | None = None,
    ) -> ApiKey:
        """Change what restricts a key: ``PATCH /user/apikeys/{id}``.

        What is ``None`` stays. No ``allowed_ips`` allow all, and ``expires="never"`` takes the
        end away. Return the key; when rokka answers without it, it is read by another call with
        the same ``deadline``. Raise ``InvalidRequest`` for what would lock out the key in use,
        unless ``force`` is true, and ``NotFound`` when there is no such key::

            client.users.update_api_key(key.id, allowed_ips=["10.0.0.0/24"])
        """
        answer = self._ask_about_key(
            id,
            "PATCH",
            deadline=deadline,
            parameters={"force": "true"} if force else {},
            json=write_key_settings(
                comment=comment,
                requires_mfa=requires_mfa,
                is_trusted=is_trusted,
                allowed_ips=allowed_ips,
                expires=expires,
            ),
        )
        return self._find(answer, id) if answer.status == 204 else answer.read_as(ApiKey.from_json)

    def delete_api_key(self, id: str, *, deadline: float | None = None) -> None:
        """Delete a key, and with it the tokens fetched by it: ``DELETE /user/apikeys/{id}``.

        rokka refuses to delete the key in use. Raise ``NotFound`` when there is no such key::

            client.users.delete_api_key(key.id)
        """
        self._ask_about_key(id, "DELETE", deadline=deadline, deletes=True)

    def fetch_token(
        self,
        *,
        expires_in: int | None = None,
        is_renewable: bool | None = None,
        no_ip_protection: bool = False,
        ips: str | Iterable[str] = (),
        deadline: float | None = None,
    ) -> Token:
        """Exchange the key, or without one the token, for a new token: ``GET /user/apikeys/token``.

        ``expires_in`` is in seconds, a day if it is not given. The token opens the API from the
        caller's address, or from ``ips``, where ``request_ip`` stands for it; with
        ``no_ip_protection`` from everywhere. A token that ``is_renewable`` fetches its successor.
        The client's store keeps the token. Raise ``AuthenticationFailed`` without key and token::

            token = client.users.fetch_token(expires_in=3600)
        """
        addresses = as_list(ips)
        if no_ip_protection and addresses:
            raise ValueError(
                f"no_ip_protection is true and ips are {addresses}: a token comes from those"
                " addresses or from everywhere, so give one of both."
            )
        parameters: dict[str, str] = {}
        if expires_in is not None:
            parameters["expires_in"] = str(expires_in)
        if is_renewable is not None:
            parameters["renewable"] = "true" if is_renewable else "false"
        if no_ip_protection:
            parameters["no_ip_protection"] = "true"
        if addresses:
            parameters["ips"] = ",".join(addresses)
        return self._session.fetch_token(parameters=parameters, deadline=deadline)

    def get_token(self) -> Token | None:
        """Return the token in the client's store while it is valid; asks nobody.

        ::

            token = client.users.get_token()
        """
        return self._session.credentials.get_token()

    def _find(self, answer: Answer, id: str) -> ApiKey:
        """Look a key up that an answer leaves out."""
        for key in self.list_api_keys(deadline=answer.call.deadline):
            if key.id == id:
                return key
        raise answer.unreadable("empty, and the key is not among those of the user")

    def _ask_about_key(self, id: str, method: str, **parts: Any) -> Answer:
        check_id(id, owner="an API key", literals=_NO_KEYS)
        return self._ask(method, "user", "apikeys", id, subject=f"API key {id!r}", **parts)

    def _ask(
        self, method: str, *path: str, subject: str = "user of these credentials", **parts: Any
    ) -> Answer:
        return self._request(method, *path, organization="", subject=subject, **parts)
