"""Users, their keys and tokens at the wire."""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from django_rokka.client import (
    ApiKey,
    Page,
    RokkaClient,
    Secret,
    Token,
    TokenMemory,
    User,
    UserMembership,
)
from django_rokka.exceptions import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidName,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ServerError,
    Timeout,
)

from tests.client.conftest import API_KEY, FakeClock
from tests.client.scripted_server import Reply, ScriptedServer
from tests.client.test_secrets import what_an_error_page_shows

NEW_KEY = "NewKeyNobodyMaySee"
CREATED = datetime(2019, 12, 10, 10, 45, 32, tzinfo=timezone.utc)
END = datetime(2030, 1, 1, tzinfo=timezone.utc)

KEY: dict[str, Any] = {
    "id": "5a1f-3",
    "comment": "shop",
    "created": "2019-12-10T10:45:32+00:00",
    "accessed": "2019-12-10T10:45:32+00:00",
    "expires": "2030-01-01T00:00:00+00:00",
    "allowed_ips": ["10.0.0.5"],
    "requires_mfa": False,
    "trusted": True,
    "color": "blue",
}

SHOP = ApiKey(
    id="5a1f-3",
    comment="shop",
    created=CREATED,
    accessed=CREATED,
    expires=END,
    allowed_ips=("10.0.0.5",),
    requires_mfa=False,
    is_trusted=True,
)

ODD_ANSWERS = {
    "no id": {"api_key": NEW_KEY},
    "no date": {**KEY, "api_key": NEW_KEY, "expires": "soon"},
    "a list": [NEW_KEY],
    "a text": NEW_KEY,
}

WITH_ID: dict[str, Callable[[RokkaClient, str], object]] = {
    "update_api_key": lambda client, key_id: client.users.update_api_key(key_id, comment="new"),
    "delete_api_key": lambda client, key_id: client.users.delete_api_key(key_id),
}

MAKING_KEYS: dict[str, Callable[..., object]] = {
    "users": lambda client, **options: client.users.create_api_key(**options),
    "memberships": lambda client, **options: client.memberships.create_with_new_user(
        ["read"], **options
    ),
    "update": lambda client, **options: client.users.update_api_key("5a1f-3", **options),
}


def make_token(clock: FakeClock, *, mark: str = "") -> str:
    """Return a token that does not end soon."""
    claims = {"id": f"user{mark}", "exp": int(clock.now) + 86400, "expt": 86400}
    payload = json.dumps({**claims, "ips": ["10.0.0.5"], "rn": True, "color": "blue"}).encode()
    return f"e30.{urlsafe_b64encode(payload).decode().rstrip('=')}.c2ln"


def issue(token: str) -> Reply:
    return Reply(json={"token": token, "payload": {}})


def test_create__signs_up_without_credentials(client: RokkaClient, server: ScriptedServer) -> None:
    answer = {"id": "5a1f", "email": "ada@example.org", "api_key": NEW_KEY, "color": "blue"}
    server.reply(Reply(json=answer), Reply(json=answer))

    user = client.users.create("ada@example.org", organization="acme-shop")
    client.users.create("ada@example.org")

    first, second = server.received
    assert user == User(id="5a1f", email="ada@example.org", api_key=Secret(NEW_KEY))
    assert user.raw["color"] == "blue"
    assert first.line == ("POST", "/users")
    assert first.json == {"email": "ada@example.org", "organization": "acme-shop"}
    assert second.json == {"email": "ada@example.org"}
    assert (first.headers["Api-Key"], first.headers["Authorization"]) == (None, None)


def test_create__signs_up_once(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(is_reset=True))

    with pytest.raises(ConnectionFailed):
        client.users.create("ada@example.org")

    assert len(server.received) == 1


def test_get__reads_the_user_and_the_keys(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"user_id": "5a1f", "email": "ada@example.org", "api_keys": [KEY]}))

    user = client.users.get()

    assert user == User(id="5a1f", email="ada@example.org", api_keys=(SHOP,))
    assert server.received[0].line == ("GET", "/user")


def test_get__of_one_who_only_reads_has_an_id(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"user_id": "5a1f"}))

    assert client.users.get() == User(id="5a1f")


def test_get_id__reads_the_id(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"user_id": "5a1f"}))

    assert client.users.get_id() == "5a1f"
    assert server.received[0].line == ("GET", "/user")


def test_list_memberships__reads_a_page(client: RokkaClient, server: ScriptedServer) -> None:
    item = {
        "organization": "acme",
        "organization_id": "25158",
        "display_name": "Acme",
        "roles": ["admin"],
        "active": True,
        "created": "2019-12-10T10:45:32+00:00",
        "color": "blue",
    }
    server.reply(Reply(json={"total": 1, "items": [item]}))

    page = client.users.list_memberships()

    membership = UserMembership(
        organization="acme",
        organization_id="25158",
        display_name="Acme",
        roles=("admin",),
        created=CREATED,
    )
    assert page == Page(items=(membership,), total=1)
    assert page[0].raw["color"] == "blue"
    assert server.received[0].line == ("GET", "/user/memberships")


def test_list_api_keys__reads_a_bare_array(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=[KEY, {"id": "5a1f-4"}]))

    keys = client.users.list_api_keys()

    assert keys == (SHOP, ApiKey(id="5a1f-4"))
    assert keys[0].raw["color"] == "blue"
    assert server.received[0].line == ("GET", "/user/apikeys")


@pytest.mark.parametrize("status", [200, 201])
def test_create_api_key__posts_its_settings(
    client: RokkaClient, server: ScriptedServer, status: int
) -> None:
    server.reply(Reply(status=status, json={**KEY, "api_key": NEW_KEY}))

    key = client.users.create_api_key(
        comment="shop",
        requires_mfa=False,
        is_trusted=True,
        allowed_ips=("10.0.0.5",),
        expires=END,
    )

    assert (key.api_key, key.id) == (NEW_KEY, "5a1f-3")
    assert server.received[0].line == ("POST", "/user/apikeys")
    assert server.received[0].json == {
        "comment": "shop",
        "requires_mfa": False,
        "trusted": True,
        "allowed_ips": ["10.0.0.5"],
        "expires": "2030-01-01T00:00:00+00:00",
    }


def test_create_api_key__alone_posts_no_settings(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=201, json=KEY))

    client.users.create_api_key()

    assert server.received[0].json == {}


def test_create_api_key__makes_one_key_only(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=504))

    with pytest.raises(ServerError):
        client.users.create_api_key()

    assert len(server.received) == 1


def test_create_api_key__shows_no_key(
    client: RokkaClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply(Reply(status=201, json={**KEY, "api_key": NEW_KEY}))

    key = client.users.create_api_key()

    assert (key.api_key, key.raw["api_key"]) == (NEW_KEY, NEW_KEY)
    assert NEW_KEY not in f"{key!r} {key.raw!r} {caplog.text}"


@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_create_api_key__refuses_another_form_without_the_key(
    client: RokkaClient, server: ScriptedServer, odd: str
) -> None:
    server.reply(Reply(status=201, json=ODD_ANSWERS[odd]))

    with pytest.raises(ServerError) as caught:
        client.users.create_api_key()

    assert NEW_KEY not in what_an_error_page_shows(caught.value)


def test_get_current_api_key__reads_it(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=KEY))

    assert client.users.get_current_api_key() == SHOP
    assert server.received[0].line == ("GET", "/user/apikeys/current")


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, {}),
        ({"comment": ""}, {"comment": ""}),
        ({"is_trusted": False, "requires_mfa": True}, {"trusted": False, "requires_mfa": True}),
        ({"allowed_ips": ()}, {"allowed_ips": []}),
        ({"allowed_ips": ["10.0.0.0/24"]}, {"allowed_ips": ["10.0.0.0/24"]}),
        ({"expires": END}, {"expires": "2030-01-01T00:00:00+00:00"}),
        ({"expires": "never"}, {"expires": None}),
    ],
)
def test_update_api_key__patches_what_is_given(
    client: RokkaClient, server: ScriptedServer, options: dict[str, Any], sent: dict[str, Any]
) -> None:
    server.reply(Reply(json=KEY))

    key = client.users.update_api_key("5a1f-3", **options)

    assert key == SHOP
    assert server.received[0].line == ("PATCH", "/user/apikeys/5a1f-3")
    assert server.received[0].json == sent


def test_update_api_key__reads_the_key_where_rokka_does_not_send_it(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=204), Reply(json=[{**KEY, "id": "5a1f-2"}, KEY]))

    assert client.users.update_api_key("5a1f-3", comment="shop") == SHOP
    assert server.received[1].line == ("GET", "/user/apikeys")


def test_update_api_key__of_a_key_that_is_nowhere_is_unreadable(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=204), Reply(json=[]))

    with pytest.raises(ServerError, match="empty, and the key is not among those of the user"):
        client.users.update_api_key("5a1f-3", comment="shop")


def test_update_api_key__locks_oneself_out_by_force_only(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=400, json={"error": {"message": "You lock out"}}), Reply(json=KEY))

    with pytest.raises(InvalidRequest, match="You lock out"):
        client.users.update_api_key("5a1f-3", allowed_ips=["10.0.0.5"])
    client.users.update_api_key("5a1f-3", allowed_ips=["10.0.0.5"], force=True)

    assert server.received[1].line == ("PATCH", "/user/apikeys/5a1f-3?force=true")


def test_delete_api_key__deletes_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=204))

    client.users.delete_api_key("5a1f-3")

    assert server.received[0].line == ("DELETE", "/user/apikeys/5a1f-3")


def test_delete_api_key__after_a_lost_answer_is_done(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(is_reset=True), Reply(status=404))

    client.users.delete_api_key("5a1f-3")

    assert len(server.received) == 2


def test_delete_api_key__of_none_names_it(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match="There is no API key '5a1f-3'"):
        client.users.delete_api_key("5a1f-3")


@pytest.mark.parametrize("call", WITH_ID.values(), ids=WITH_ID)
@pytest.mark.parametrize("id", ["current", "token", "", ".", "..", "{}", "a/b", "a b", "a\n"])
def test_api_key__by_what_is_no_id_is_refused(
    client: RokkaClient,
    server: ScriptedServer,
    call: Callable[[RokkaClient, str], object],
    id: str,
) -> None:
    with pytest.raises(InvalidName, match="is no id of an API key: use the id that rokka gave"):
        call(client, id)

    assert server.received == []


@pytest.mark.parametrize("make", MAKING_KEYS.values(), ids=MAKING_KEYS)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"expires": datetime(2030, 1, 1)},  # noqa: DTZ001 - that is the claim
            "expires is 2030-01-01 00:00:00, which has no time zone: give an aware datetime.",
        ),
    ],
    ids=["naive"],
)
def test_key_settings__that_cannot_be_meant_are_refused(
    client: RokkaClient,
    server: ScriptedServer,
    make: Callable[..., object],
    options: dict[str, Any],
    words: str,
) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        make(client, **options)

    assert (str(caught.value), server.received) == (words, [])


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, ""),
        ({"expires_in": 3600}, "?expires_in=3600"),
        ({"is_renewable": False}, "?renewable=false"),
        ({"is_renewable": True}, "?renewable=true"),
        ({"no_ip_protection": True}, "?no_ip_protection=true"),
        ({"ips": ["10.0.0.0/24", "request_ip"]}, "?ips=10.0.0.0%2F24%2Crequest_ip"),
    ],
)
def test_fetch_token__asks_for_what_is_given(
    client: RokkaClient,
    server: ScriptedServer,
    clock: FakeClock,
    options: dict[str, Any],
    query: str,
) -> None:
    text = make_token(clock)
    server.reply(issue(text))

    token = client.users.fetch_token(**options)

    assert token == Token(
        token=Secret(text),
        id="user",
        expires=datetime.fromtimestamp(clock.now + 86400, timezone.utc),
        period=86400,
        ips=("10.0.0.5",),
        is_renewable=True,
    )
    assert token.raw["color"] == "blue"
    assert server.received[0].line == ("GET", f"/user/apikeys/token{query}")
    assert server.received[0].headers["Api-Key"] == API_KEY


def test_fetch_token__keeps_the_token_in_the_store(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    tokens = TokenMemory(make_token(clock))
    text = make_token(clock, mark="2")
    server.reply(issue(text), Reply(json={"user_id": "5a1f"}))
    client = make_client(tokens=tokens)

    token = client.users.fetch_token()
    client.users.get()

    first, second = server.received
    assert (first.headers["Api-Key"], first.headers["Authorization"]) == (API_KEY, None)
    assert second.headers["Authorization"] == f"Bearer {text}"
    assert (tokens.get(), client.users.get_token()) == (text, token)


def test_fetch_token__without_a_key_uses_the_token(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    old, new = make_token(clock), make_token(clock, mark="2")
    server.reply(issue(new))

    token = make_client(api_key="", tokens=TokenMemory(old)).users.fetch_token()

    assert token.token == new
    assert server.received[0].headers["Authorization"] == f"Bearer {old}"


def test_fetch_token__without_key_and_token_asks_nobody(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    client = make_client(api_key="", tokens=TokenMemory())

    with pytest.raises(AuthenticationFailed, match="no valid token, and no API key"):
        client.users.fetch_token()

    assert server.received == []


def test_fetch_token__takes_addresses_or_everywhere(
    client: RokkaClient, server: ScriptedServer
) -> None:
    with pytest.raises(ValueError, match=r"no_ip_protection is true and ips are .* give one of"):
        client.users.fetch_token(no_ip_protection=True, ips=["10.0.0.5"])

    assert server.received == []


def test_fetch_token__takes_one_address_as_a_text(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=403))

    with pytest.raises(PermissionDenied):
        client.users.fetch_token(ips="10.0.0.5")

    assert server.received[0].target == "/user/apikeys/token?ips=10.0.0.5"


def test_fetch_token__keeps_its_deadline(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(*[Reply(status=503)] * 5)

    with pytest.raises(Timeout, match="did not succeed within its deadline of 1 s"):
        client.users.fetch_token(deadline=1)


def test_fetch_token__shows_no_token(
    client: RokkaClient,
    server: ScriptedServer,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    text = make_token(clock)
    server.reply(issue(text))

    token = client.users.fetch_token()

    assert text not in f"{token!r} {token.raw!r} {caplog.text}"


def test_get_token__asks_nobody(
    make_client: Callable[..., RokkaClient], server: ScriptedServer, clock: FakeClock
) -> None:
    text = make_token(clock)

    assert make_client().users.get_token() is None
    assert make_client(tokens=TokenMemory(text)).users.get_token() == Token.parse(text)
    assert server.received == []
