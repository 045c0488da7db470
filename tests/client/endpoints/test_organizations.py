"""Organizations at the wire."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from django_rokka.client import Organization, Page, RokkaClient, Secret, SubOrganization
from django_rokka.exceptions import (
    ConnectionFailed,
    InvalidName,
    NotFound,
    OrganizationNotFound,
    ServerError,
)

from tests.client.scripted_server import Reply, ScriptedServer
from tests.client.test_secrets import what_an_error_page_shows

SIGNING_KEY = "SigningKeyNobodyMaySee"

CREATED = datetime(2019, 11, 26, 8, 54, 35, tzinfo=timezone.utc)

RECORDED: dict[str, Any] = {
    "id": "ac1b8f6b",
    "display_name": "Acme & Sons",
    "name": "acme",
    "billing_email": "bills@example.org",
    "created": "2019-11-26T08:54:35+00:00",
    "master_organization": "acme",
    "signing_keys": [{"key": SIGNING_KEY, "comment": "first"}],
    "options": {"protect_dynamic_stack": True},
    "plan": "large",
}

ACME = Organization(
    id="ac1b8f6b",
    name="acme",
    display_name="Acme & Sons",
    billing_email="bills@example.org",
    created=CREATED,
    master_organization="acme",
    options={"protect_dynamic_stack": True},
    signing_keys=(Secret(SIGNING_KEY),),
)

SET: dict[str, Callable[[RokkaClient, str], object]] = {
    "set_option": lambda client, name: client.organizations.set_option(name, True),
    "set_options": lambda client, name: client.organizations.set_options({name: True}),
}


@pytest.mark.parametrize(("name", "path"), [("", "acme"), ("other", "other")])
def test_get__reads_one(client: RokkaClient, server: ScriptedServer, name: str, path: str) -> None:
    server.reply(Reply(json=RECORDED))

    organization = client.organizations.get(name)

    assert organization == ACME
    assert organization.raw["plan"] == "large"
    assert server.received[0].line == ("GET", f"/organizations/{path}")


def test_get__of_none_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(OrganizationNotFound, match="There is no organization 'other'"):
        client.organizations.get("other")


def test_get__shows_no_signing_key(
    client: RokkaClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply(Reply(json=RECORDED))

    organization = client.organizations.get()

    assert organization.signing_keys == (SIGNING_KEY,)
    assert organization.raw["signing_keys"][0]["key"] == SIGNING_KEY
    assert SIGNING_KEY not in f"{organization!r} {organization.raw!r} {caplog.text}"


def test_get__refuses_another_form_without_its_keys(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json={**RECORDED, "signing_keys": {"key": SIGNING_KEY}}))

    with pytest.raises(ServerError, match="signing_keys is of the type dict, not a list") as caught:
        client.organizations.get()

    assert SIGNING_KEY not in what_an_error_page_shows(caught.value)


def test_create__puts_what_is_given(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED), Reply(json=RECORDED))

    organization = client.organizations.create("acme-shop", billing_email="bills@example.org")
    client.organizations.create(
        "acme-shop",
        billing_email="bills@example.org",
        display_name="Shop",
        master_organization="acme",
    )

    first, second = server.received
    assert organization == ACME
    assert first.line == ("PUT", "/organizations/acme-shop")
    assert first.json == {"billing_email": "bills@example.org"}
    assert second.json == {
        "billing_email": "bills@example.org",
        "display_name": "Shop",
        "master_organization": "acme",
    }


@pytest.mark.parametrize("name", ["", "Acme", "a/b", "..", "{}"])
def test_create__refuses_what_is_no_name(
    client: RokkaClient, server: ScriptedServer, name: str
) -> None:
    with pytest.raises(InvalidName):
        client.organizations.create(name, billing_email="bills@example.org")

    assert server.received == []


def test_create__is_not_repeated_when_it_may_be_done(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(is_reset=True))

    with pytest.raises(ConnectionFailed):
        client.organizations.create("acme-shop", billing_email="bills@example.org")

    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("value", "body"),
    [
        (True, b"true"),
        (False, b"false"),
        (None, b"null"),
        ("https://example.org/", b'"https://example.org/"'),
        ([], b"[]"),
        (["example.org"], b'["example.org"]'),
    ],
)
def test_set_option__puts_the_value_as_json(
    client: RokkaClient, server: ScriptedServer, value: object, body: bytes
) -> None:
    server.reply(Reply(json=RECORDED))

    organization = client.organizations.set_option("remote_basepath", value)

    request = server.received[0]
    assert organization == ACME
    assert request.line == ("PUT", "/organizations/acme/options/remote_basepath")
    assert (request.headers["Content-Type"], request.body) == ("application/json", body)


def test_set_option__of_none_names_it(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match="There is no organization option 'colour'"):
        client.organizations.set_option("colour", "red")


@pytest.mark.parametrize(
    "options",
    [{}, {"protect_dynamic_stack": True, "remote_basepath": None}],
)
def test_set_options__puts_all_at_once(
    client: RokkaClient, server: ScriptedServer, options: dict[str, Any]
) -> None:
    server.reply(Reply(json=RECORDED))

    organization = client.organizations.set_options(options, organization="other")

    assert organization == ACME
    assert server.received[0].line == ("PUT", "/organizations/other/options")
    assert server.received[0].json == options


@pytest.mark.parametrize("call", SET.values(), ids=SET)
@pytest.mark.parametrize("name", ["", ".", "..", "{}", "a/b", "Remote", "a-b", "a\n"])
def test_option__that_cannot_be_is_refused(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[[RokkaClient, str], object],
    name: str,
) -> None:
    with pytest.raises(InvalidName, match="is no organization option: use lower-case letters"):
        call(client, name)

    assert server.received == []


def test_list_sub_organizations__reads_them(client: RokkaClient, server: ScriptedServer) -> None:
    item = {
        "name": "acme-shop",
        "id": "25158",
        "display_name": "Shop",
        "billing_email": "bills@example.org",
        "created": "2019-11-26T08:54:35+00:00",
        "plan": "small",
    }
    server.reply(Reply(json={"organization": "acme", "total": 1, "items": [item]}))

    page = client.organizations.list_sub_organizations()

    shop = SubOrganization(
        id="25158",
        name="acme-shop",
        display_name="Shop",
        billing_email="bills@example.org",
        created=CREATED,
    )
    assert page == Page(items=(shop,), total=1)
    assert (page.raw["organization"], page[0].raw["plan"]) == ("acme", "small")
    assert server.received[0].line == ("GET", "/organizations/acme/sub_organizations")
