"""Organizations, members, keys and tokens, where client and emulator meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from django_rokka.client import RokkaClient, TokenMemory
from django_rokka.exceptions import (
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
)
from django_rokka.render import sign_url

from tests.client.conftest import API_KEY

pytest.importorskip("werkzeug", reason="the emulator needs its extra")

from django_rokka.emulator import Emulator, EmulatorServer

Connect = Callable[..., RokkaClient]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    emulator = Emulator(root=tmp_path / "rokka", organization="acme", api_key=API_KEY)
    with ExitStack() as stack:
        server = stack.enter_context(EmulatorServer(emulator))

        def connect(api_key: str = API_KEY, tokens: TokenMemory | None = None) -> RokkaClient:
            return stack.enter_context(
                RokkaClient(
                    organization="acme", api_key=api_key, tokens=tokens, api_host=server.api_host
                )
            )

        yield connect


def test_member__may_do_what_the_roles_say(connect: Connect) -> None:
    admin = connect()
    member = admin.memberships.create_with_new_user(["sourceimages:read"], comment="the shop")
    reader = connect(member.api_key)

    with pytest.raises(PermissionDenied):
        reader.memberships.list()
    changed = admin.memberships.create(member.user_id, ["write", "admin:read"])
    unchanged = admin.memberships.create(member.user_id, ["write", "admin:read"])

    assert (set(changed.roles), unchanged) == ({"write", "admin:read"}, changed)
    assert {each.user_id for each in reader.memberships.list()} == {
        member.user_id,
        admin.users.get_id(),
    }


def test_member__that_was_put_out_is_gone(connect: Connect) -> None:
    admin = connect()
    member = admin.memberships.create_with_new_user(["read"])

    admin.memberships.delete(member.user_id)

    with pytest.raises(NotFound, match="There is no user"):
        admin.memberships.get(member.user_id)
    with pytest.raises(PermissionDenied):
        connect(member.api_key).organizations.get()


def test_administrator__that_is_the_last_stays(connect: Connect) -> None:
    admin = connect()

    with pytest.raises(Conflict):
        admin.memberships.delete(admin.users.get_id())


def test_organization__is_made_and_set(connect: Connect) -> None:
    admin = connect()

    made = admin.organizations.create(
        "acme-shop", billing_email="bills@example.org", master_organization="acme"
    )
    admin.organizations.set_option("remote_basepath", "https://example.org/")
    admin.organizations.set_options({"protect_dynamic_stack": True}, organization="acme-shop")

    acme, shop = admin.organizations.get(), admin.organizations.get("acme-shop")
    assert acme.options == {"remote_basepath": "https://example.org/"}
    assert (shop.id, shop.options) == (made.id, {"protect_dynamic_stack": True})
    assert [each.name for each in admin.organizations.list_sub_organizations()] == ["acme-shop"]
    assert {each.organization for each in admin.users.list_memberships()} == {"acme", "acme-shop"}


def test_option__set_to_nothing_is_unset(connect: Connect) -> None:
    admin = connect()
    admin.organizations.set_option("remote_basepath", "https://example.org/")

    assert admin.organizations.set_option("remote_basepath", None).options == {}


def test_key__is_rotated(connect: Connect) -> None:
    member = connect().memberships.create_with_new_user(["write"], key_comment="old")
    old = connect(member.api_key)
    old_id = old.users.get_current_api_key().id

    new = connect(old.users.create_api_key(comment="new").api_key)
    new.users.delete_api_key(old_id)

    assert [key.comment for key in new.users.list_api_keys()] == ["new"]
    with pytest.raises(AuthenticationFailed):
        old.users.get()


def test_key__is_restricted_and_freed(connect: Connect) -> None:
    users = connect(connect().memberships.create_with_new_user(["write"]).api_key).users
    end = datetime(2100, 1, 1, tzinfo=timezone.utc)
    key = users.create_api_key(allowed_ips=["10.0.0.0/24"], expires=end)

    freed = users.update_api_key(key.id, comment="free", allowed_ips=(), expires="never")

    assert (key.allowed_ips, key.expires) == (("10.0.0.0/24",), end)
    assert (freed.comment, freed.allowed_ips, freed.expires) == ("free", (), None)
    with pytest.raises(InvalidRequest):
        users.update_api_key(users.get_current_api_key().id, allowed_ips=["10.0.0.5"])


def test_token__opens_the_api_without_the_key(connect: Connect) -> None:
    tokens = TokenMemory()
    token = connect(tokens=tokens).users.fetch_token(expires_in=600)

    client = connect(api_key="", tokens=TokenMemory(tokens.get()))

    assert (token.period, client.users.get_token()) == (600, token)
    assert client.organizations.get().name == "acme"


def test_sign_url__signs_as_the_grammar_does(connect: Connect) -> None:
    admin = connect()
    url = "https://acme.rokka.io/thumb/c421f4.jpg"

    signed = admin.utils.sign_url(url)

    assert signed == sign_url(url, admin.organizations.get().signing_keys[0])


def test_user__signs_up_with_an_organization(connect: Connect) -> None:
    user = connect(api_key="").users.create("ada@example.org", organization="lovelace")

    organizations = connect(user.api_key).users.list_memberships()

    assert [(each.organization, each.roles) for each in organizations] == [("lovelace", ("admin",))]


def test_schemas__are_public(connect: Connect) -> None:
    stranger = connect(api_key="")

    assert "resize" in stranger.operations.list()
    assert "jpg.quality" in stranger.stack_options.get()


def test_stats__have_a_value_for_each_day(connect: Connect) -> None:
    figures = connect().stats.get(from_date=date(2026, 1, 1), to_date=date(2026, 1, 3))

    days = [f"{point.timestamp:%d}" for point in figures.number_of_files]
    assert days == ["03", "02", "01"]


def test_album__without_images_is_empty(connect: Connect) -> None:
    stranger = connect(api_key="")

    images = stranger.utils.list_album(
        "holidays", render_host=f"{stranger.api_host}/render/{{organization}}"
    )

    assert images == ()
