"""The unmodified npm package ``rokka`` gets from the emulator what rokka's documentation promises.

``rokka_js.mjs`` makes the calls, in chapters; each is compared as a whole, so that no answer goes
unseen. Here are the chapters on accounts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.emulator.clients.story import DONE, Story, names

MINIMUM = 80
MISSING = {
    "billing.get": "the shape of bills is documented nowhere",
    "render.imagesByAlbum with favorites": "what makes a favorite is documented nowhere",
}
"""Calls that are answered with 501, and why."""

WRONG_KEY = (
    403,
    {
        "code": 403,
        "message": "API credentials are not supplied or not a valid format.",
        "invalid_authentication": True,
    },
)


def test_story__calls_every_method_of_the_client(story: Story) -> None:
    assert story.methods - {call.get("method") for call in story.calls} == set()


def test_story__is_long(story: Story) -> None:
    assert len([call for call in story.calls if "status" in call and "method" in call]) >= MINIMUM


def test_missing__is_only_what_is_listed(story: Story) -> None:
    assert {call["id"] for call in story.calls if call.get("status") == 501} == set(MISSING)


def test_answers__are_json_as_the_client_reads_it(story: Story) -> None:
    types = {
        call["headers"].get("content-type")
        for call in story.calls
        if "status" in call and isinstance(call["body"], dict) and "$bytes" not in call["body"]
    }
    assert types == {"application/json"}


def test_every_chapter__is_compared(story: Story) -> None:
    assert story.chapters == {
        *("signing up", "organizations", "memberships", "user", "tokens"),
        *("uploads", "searches", "reading", "changes", "user metadata", "dynamic metadata"),
        *("aliases", "stacks", "renders", "signatures", "copies and deletions", "statistics"),
    }


def test_signing_up__makes_a_user_and_an_organization(story: Story) -> None:
    chapter = story.chapter("signing up")
    operations, options = (chapter.pop(call) for call in ("operations.list", "stackoptions.get"))
    ada, bob = (chapter[call][1] for call in ("users.create with an organization", "users.create"))

    assert chapter == {
        "users.create with an organization": (
            200,
            {"id": ada["id"], "email": "ada@example.org", "api_key": ada["api_key"]},
        ),
        "users.create": (
            200,
            {"id": bob["id"], "email": "bob@example.org", "api_key": bob["api_key"]},
        ),
        "users.create with a taken organization": (409,),
        "users.getId": ada["id"],
        "user.get with a wrong key": WRONG_KEY,
    }
    assert (len(ada["api_key"]), ada["api_key"][:32].islower()) == (64, True)
    assert operations[1]["resize"]["properties"]["width"].items() >= {
        ("type", "integer"),
        ("minimum", 1),
        ("maximum", 10000),
    }
    assert options[1]["properties"]["jpg.quality"].items() >= {("minimum", 1), ("maximum", 100)}


def test_organizations__are_made_read_and_configured(story: Story) -> None:
    acme, archive = (
        story.body(call) for call in ("organizations.get", "organizations.get of another")
    )

    def tell(organization: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
        return (
            200,
            {
                "id": organization["id"],
                "name": organization["name"],
                "display_name": "acme",
                "billing_email": "ada@example.org",
                "created": story.began,
                "master_organization": organization["name"],
                "signing_keys": [{"key": organization["signing_keys"][0]["key"]}],
                **more,
            },
        )

    base = {"protect_dynamic_stack": False, "remote_basepath": "https://example.org/"}
    remote = {
        "remote_fullurl_allow": True,
        "remote_fullurl_whitelist": ["^https://example\\.org/"],
    }
    named = {"display_name": "The archive"}
    assert story.chapter("organizations") == {
        "organizations.create": tell(archive, options={}, **named),
        "organizations.setOption on": tell(acme, options={"protect_dynamic_stack": True}),
        "organizations.setOption off": tell(acme, options={"protect_dynamic_stack": False}),
        "organizations.setOption to text": tell(acme, options=base),
        "organizations.setOption unknown": (400,),
        "organizations.setOptions": tell(archive, options=remote, **named),
        "organizations.get of another": tell(archive, options=remote, **named),
        "organizations.get unknown": (404,),
        "organizations.get": tell(acme, options=base),
    }
    assert (acme["name"], archive["name"]) == ("acme", "acme-archive")


def test_memberships__come_change_and_go(story: Story) -> None:
    robot = story.body("memberships.createWithNewUser")
    acme, archive = (
        story.body(call)["id"] for call in ("organizations.get", "organizations.get of another")
    )
    member = {
        "user_id": robot["user_id"],
        "email": robot["email"],
        "roles": ["read", "upload"],
        "organization_id": acme,
        "active": True,
        "created": story.began,
        "comment": "robot",
    }
    better = {**member, "roles": ["write"], "comment": "a better robot"}
    elsewhere = {**member, "roles": ["read"], "organization_id": archive}
    del elsewhere["comment"]
    ada = {
        **elsewhere,
        "user_id": story.body("users.getId"),
        "email": "ada@example.org",
        "roles": ["admin"],
        "organization_id": acme,
        "last_access": story.began,
    }
    chapter = story.chapter("memberships")
    empty = chapter.pop("sourceimages.list of a member")

    assert chapter == {
        "memberships.createWithNewUser": (201, {**member, "api_key": robot["api_key"]}),
        "memberships.get": (200, member),
        "memberships.create for one of us": (200, better),
        "memberships.create again": DONE,
        "memberships.create elsewhere": (201, elsewhere),
        "memberships.list": (200, {"total": 2, "items": [ada, better]}),
        "stacks.create of a reader": (403,),
        "memberships.delete": DONE,
        "memberships.get of who is gone": (404,),
        "memberships.delete of the last admin": (409,),
    }
    assert (empty[0], empty[1]["total"], names(empty)) == (200, 0, [])


def test_user__has_keys(story: Story) -> None:
    ada = story.body("users.create with an organization")
    first = {
        "id": story.body("user.getCurrentApiKey")["id"],
        "comment": None,
        "created": story.began,
        "accessed": story.began,
    }
    added = story.body("user.addApiKey")
    second = {"id": added["id"], "comment": "second key", "created": story.began}

    assert story.chapter("user") == {
        "user.getId": ada["id"],
        "user.get": (
            200,
            {"user_id": ada["id"], "email": "ada@example.org", "api_keys": [first]},
        ),
        "user.getCurrentApiKey": (200, first),
        "user.addApiKey": (201, {**second, "api_key": added["api_key"]}),
        "user.listApiKeys with two": (200, [first, second]),
        "user.getCurrentApiKey of the second key": (200, {**second, "accessed": story.began}),
        "user.deleteApiKey": DONE,
        "user.listApiKeys": (200, [first]),
        "user.get with a deleted key": WRONG_KEY,
        "user.getToken without any": None,
        "user.getTokenIsValidFor without any": -1,
    }
    assert added["api_key"][:32] == ada["api_key"][:32] != added["api_key"][32:]


def test_tokens__open_what_their_key_does(story: Story) -> None:
    began = int(datetime.fromisoformat(story.began).timestamp())
    made, renewed = (
        story.body(f"user.getNewToken{special}")["token"] for special in ("", " by a token")
    )
    payload = {
        "id": story.body("user.getCurrentApiKey")["id"],
        "exp": began + 7200,
        "expt": 7200,
        "rn": True,
        "ips": ["127.0.0.1"],
    }
    chapter = story.chapter("tokens")
    valid_for, forged = (
        chapter.pop(call) for call in ("user.getTokenIsValidFor", "user.get with a forged token")
    )

    assert chapter == {
        "user.getNewToken": (200, {"token": made, "payload": payload}),
        "user.getToken": made,
        "user.isTokenExpiring": False,
        "user.isTokenExpiring within a day": True,
        "user.get with a token": (200, story.body("user.get")),
        "user.getNewToken by a token": (
            200,
            {"token": renewed, "payload": {**payload, "exp": began + 600, "expt": 600}},
        ),
        "user.getNewToken that is valid for longer": (403,),
        "user.getNewToken of contradictions": (400,),
        "user.setToken that is forged": None,
        "user.getToken after the forged one": "",  # the client forgets what gets a 401
    }
    assert 7100 < valid_for <= 7200
    assert (forged[0], forged[1]["invalid_authentication"]) == (401, True)
