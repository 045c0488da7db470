"""Organizations and what is set for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django_rokka.client.calls import Repeat
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.client.objects import Organization, Page, SubOrganization
from django_rokka.exceptions import InvalidName

__all__ = ["Organizations"]

_OPTION_NAME = re.compile(r"[a-z0-9_]+")


class Organizations(Endpoint):
    """Make organizations, and set their options.

    ``organization``, and the ``name`` of what is read or made, act on another organization than
    the client's; ``deadline`` limits the call with all its retries, in seconds. Every method raises
    ``InvalidName`` before the network is touched, an ``APIError`` when rokka refuses, and
    ``ConnectionFailed`` without an answer.
    """

    def get(self, name: str = "", *, deadline: float | None = None) -> Organization:
        """Return an organization, without a name the client's: ``GET /organizations/{name}``.

        ``signing_keys`` are shown to its administrators only, ``********`` in whatever prints
        them. Raise ``OrganizationNotFound`` when there is none::

            signing_key = client.organizations.get().signing_keys[0]
        """
        answer = self._request("GET", "organizations", "{}", organization=name, deadline=deadline)
        return answer.read_as(Organization.from_json)

    def create(
        self,
        name: str,
        *,
        billing_email: str,
        display_name: str = "",
        master_organization: str = "",
        deadline: float | None = None,
    ) -> Organization:
        """Make an organization with oneself as its administrator: ``PUT /organizations/{name}``.

        ``master_organization`` pays for it. Return the organization. What rokka does with a name
        that is taken is not documented, so it is repeated only while it cannot have been done::

            client.organizations.create("acme-shop", billing_email="bills@example.org")
        """
        optional = {"display_name": display_name, "master_organization": master_organization}
        answer = self._request(
            "PUT",
            "organizations",
            name,
            organization=name,
            deadline=deadline,
            json={
                "billing_email": billing_email,
                **{key: value for key, value in optional.items() if value},
            },
            repeat=Repeat.UNLESS_UNKNOWN,
        )
        return answer.read_as(Organization.from_json)

    def set_option(
        self, name: str, value: Any, *, organization: str = "", deadline: float | None = None
    ) -> Organization:
        """Set one option: ``PUT /organizations/{organization}/options/{name}``.

        ``value`` is anything that JSON can say. Options are ``protect_dynamic_stack``,
        ``remote_basepath``, ``remote_fullurl_allow``, ``remote_fullurl_whitelist`` and
        ``render_org_fallback``. Return the organization::

            client.organizations.set_option("protect_dynamic_stack", True)
        """
        _check_option_name(name)
        answer = self._request(
            "PUT",
            "organizations",
            "{}",
            "options",
            name,
            organization=organization,
            deadline=deadline,
            subject=f"organization option {name!r}",
            **({"body": _Null()} if value is None else {"json": value}),
        )
        return answer.read_as(Organization.from_json)

    def set_options(
        self,
        options: Mapping[str, Any],
        *,
        organization: str = "",
        deadline: float | None = None,
    ) -> Organization:
        """Set several options at once: ``PUT /organizations/{organization}/options``.

        Return the organization::

            client.organizations.set_options({"remote_basepath": "https://example.org/images/"})
        """
        for name in options:
            _check_option_name(name)
        answer = self._request(
            "PUT",
            "organizations",
            "{}",
            "options",
            organization=organization,
            deadline=deadline,
            json=dict(options),
        )
        return answer.read_as(Organization.from_json)

    def list_sub_organizations(
        self, *, organization: str = "", deadline: float | None = None
    ) -> Page[SubOrganization]:
        """Return those it pays for: ``GET /organizations/{organization}/sub_organizations``.

        All are on one page. An organization that another one pays for has none; ``raw`` then
        names its ``master_organization``. It takes the role ``admin`` or ``admin:read``::

            [each.name for each in client.organizations.list_sub_organizations()]
        """
        answer = self._request(
            "GET",
            "organizations",
            "{}",
            "sub_organizations",
            organization=organization,
            deadline=deadline,
        )
        return answer.read_as(lambda data: Page.from_json(data, SubOrganization.from_json))


class _Null:
    """The JSON ``null`` as a body: a call without JSON has none."""

    content_type = "application/json"
    failure: Exception | None = None

    def __len__(self) -> int:
        return 4

    def __iter__(self) -> Iterator[bytes]:
        yield b"null"


def _check_option_name(text: str) -> None:
    if not _OPTION_NAME.fullmatch(text):
        raise InvalidName(
            f"{text[:200]!r} is no organization option: use lower-case letters, digits and '_'."
        )
