"""What each method of the official JavaScript client does beside images, its counterpart does too.

Every test has an organization of its own, and is entered for the methods that it proves.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from django_rokka.client import SourceImage, TokenMemory
from django_rokka.exceptions import (
    AuthenticationFailed,
    Conflict,
    NotFound,
    PermissionDenied,
    ServerError,
)
from django_rokka.render import sign_url

from tests.client.wire.world import EXERCISED, METHODS, RESIZE, Rokka, draw, exercises


def test_exercised__are_all_methods_beside_source_images() -> None:
    methods = {name for name in METHODS if not name.startswith("sourceimages.")}

    assert sorted(methods - EXERCISED.keys()) == []


@exercises("stacks.create", "stacks.get", "stacks.delete")
def test_stack__is_made_changed_and_deleted(rokka: Rokka) -> None:
    definition = {
        "description": "for the Bär",
        "operations": [RESIZE],
        "options": {"jpg.quality": 60},
        "variables": {"w": 500},
    }
    made = rokka("stacks.create", rokka.name, "small", definition)
    read = rokka("stacks.get", rokka.name, "small")
    with pytest.raises(Conflict):
        rokka("stacks.create", rokka.name, "small", {}, {"overwrite": False})
    rokka("stacks.create", rokka.name, "small", [RESIZE], {"jpg.quality": 50}, True)
    changed = rokka("stacks.get", rokka.name, "small")
    rokka("stacks.delete", rokka.name, "small")

    assert (read.name, read.description, read.variables) == ("small", "for the Bär", {"w": 500})
    assert (made.operations, read.operations) == ((RESIZE,), (RESIZE,))
    assert (read.options, changed.options) == ({"jpg.quality": 60}, {"jpg.quality": 50})
    assert (changed.description, changed.variables) == ("", {})
    with pytest.raises(NotFound):
        rokka("stacks.get", rokka.name, "small")


@exercises("stacks.invalidateCache")
def test_stack__has_five_invalidations_an_hour(rokka: Rokka) -> None:
    rokka.client.stacks.create("small", {"operations": [RESIZE]})

    assert rokka.spend("stacks.invalidateCache", rokka.name, "small") == 5


@exercises("stacks.list")
def test_stacks__are_listed_in_pages(rokka: Rokka) -> None:
    for name in ("a", "b", "c"):
        rokka("stacks.create", rokka.name, name, {"operations": [RESIZE]})

    first = rokka("stacks.list", rokka.name, 2)
    last = rokka("stacks.list", rokka.name, 2, first.cursor)

    pages = [[stack.name for stack in page] for page in (first, last)]
    assert pages == [["a", "b"], ["c"]]
    assert [stack.name for stack in rokka("stacks.list", rokka.name)] == ["a", "b", "c"]
    assert [stack.name for stack in rokka.client.stacks.iter(page_size=2)] == ["a", "b", "c"]


@exercises("stackoptions.get", "operations.list")
def test_schemas__say_what_a_stack_can_have(rokka: Rokka) -> None:
    options, operations = rokka("stackoptions.get"), rokka("operations.list")

    assert options["jpg.quality"].types == ("integer",)
    assert operations["resize"].properties["width"].types == ("integer",)


@exercises("organizations.create", "organizations.get")
def test_organization__is_made_with_oneself_as_administrator(rokka: Rokka) -> None:
    name = f"{rokka.name}-new"

    made = rokka("organizations.create", name, rokka.email, "Acme & Bär")
    read = rokka("organizations.get", name)

    assert (read.name, read.display_name) == (name, "Acme & Bär")
    assert (read.billing_email, read.id) == (rokka.email, made.id)
    assert len(read.signing_keys) == 1
    assert rokka("memberships.list", name)[0].roles == ("admin",)


@exercises("organizations.setOption", "organizations.setOptions")
def test_organization_options__are_kept(rokka: Rokka) -> None:
    several = {"remote_fullurl_allow": True, "remote_fullurl_whitelist": ["^https://example"]}

    rokka("organizations.setOption", rokka.name, "protect_dynamic_stack", True)
    rokka("organizations.setOption", rokka.name, "remote_basepath", "https://example.org/")
    rokka("organizations.setOptions", rokka.name, several)

    options = {"protect_dynamic_stack": True, "remote_basepath": "https://example.org/", **several}
    assert rokka("organizations.get", rokka.name).options == options


@exercises("memberships.create", "memberships.get", "memberships.delete", "users.create")
def test_membership__opens_the_organization_as_long_as_it_lasts(rokka: Rokka) -> None:
    image = rokka.upload()
    user = rokka("users.create", f"guest-of-{rokka.email}")
    with rokka.open(api_key=user.api_key) as guest:
        with pytest.raises(PermissionDenied):
            guest.source_images.get(image.hash)

        made = rokka("memberships.create", rokka.name, user.id, "read", "for the Bär")
        assert (made.user_id, made.roles, made.comment) == (user.id, ("read",), "for the Bär")
        assert guest.source_images.get(image.hash) == image
        read = rokka("memberships.get", rokka.name, user.id)
        assert (read.user_id, read.roles) == (user.id, ("read",))

        rokka("memberships.delete", rokka.name, user.id)
        with pytest.raises(PermissionDenied):
            guest.source_images.get(image.hash)
    with pytest.raises(NotFound):
        rokka("memberships.get", rokka.name, user.id)


@exercises("memberships.createWithNewUser", "memberships.list")
def test_membership__of_a_new_user_has_a_key(rokka: Rokka) -> None:
    roles = ["sourceimages:read", "upload"]

    made = rokka("memberships.createWithNewUser", rokka.name, roles, "robot")

    with rokka.open(api_key=made.api_key) as robot:
        image = robot.source_images.create(draw(1, 1), name="b.svg")
        with pytest.raises(PermissionDenied):
            robot.source_images.delete(image.hash)
    listed = {member.user_id: member for member in rokka("memberships.list", rokka.name)}
    assert listed.keys() == {made.user_id, rokka.client.users.get_id()}
    assert (sorted(listed[made.user_id].roles), made.comment) == (roles, "robot")


@exercises("users.create")
def test_user__signs_up_with_an_organization(rokka: Rokka) -> None:
    name = f"{rokka.name}-signed-up"

    user = rokka("users.create", f"signed-up-{rokka.email}", name)

    assert user.email == f"signed-up-{rokka.email}"
    with rokka.open(api_key=user.api_key) as client:
        assert client.organizations.get(name).billing_email == user.email


@exercises("users.getId", "user.getId", "user.get")
def test_user__is_the_one_of_the_key(rokka: Rokka) -> None:
    user = rokka("user.get")

    assert (user.email, len(user.api_keys)) == (rokka.email, 1)
    assert rokka("users.getId") == rokka("user.getId") == user.id
    assert [member.user_id for member in rokka("memberships.list", rokka.name)] == [user.id]


@exercises("user.addApiKey", "user.listApiKeys", "user.getCurrentApiKey", "user.deleteApiKey")
def test_api_key__opens_the_api_until_it_is_deleted(rokka: Rokka) -> None:
    first = rokka("user.getCurrentApiKey")
    made = rokka("user.addApiKey", "for the Bär")
    listed = {key.id: key.comment for key in rokka("user.listApiKeys")}
    with rokka.open(api_key=made.api_key) as client:
        current = client.users.get_current_api_key()
        rokka("user.deleteApiKey", made.id)
        with pytest.raises(AuthenticationFailed):
            client.users.get_id()

    assert listed == {first.id: first.comment, made.id: "for the Bär"}
    assert (current.id, current.comment) == (made.id, "for the Bär")
    assert [key.id for key in rokka("user.listApiKeys")] == [first.id]


@exercises("user.getNewToken")
def test_token__opens_the_api_in_place_of_the_key(rokka: Rokka) -> None:
    image, key = rokka.upload(), rokka("user.addApiKey")

    token = rokka("user.getNewToken")
    short = rokka("user.getNewToken", key.api_key, {"expires_in": 600, "renewable": True})

    assert token.id == rokka("user.getCurrentApiKey").id
    assert (short.id, short.period, short.is_renewable) == (key.id, 600, True)
    for each in (token, short):
        with rokka.open(tokens=TokenMemory(each.token)) as client:
            assert client.source_images.get(image.hash) == image


@exercises("utils.signUrl")
def test_sign_url__signs_with_the_key_of_the_organization(rokka: Rokka) -> None:
    url = f"https://{rokka.name}.rokka.io/small/063c3d.jpg"

    signed = rokka("utils.signUrl", rokka.name, url, {"roundDateUpTo": 600})

    assert signed == sign_url(url, rokka.client.organizations.get().signing_keys[0])


@exercises("stats.get")
def test_stats__count_files_by_day(rokka: Rokka) -> None:
    images = [rokka.upload(), rokka.upload(draw(1, 1))]
    today = images[0].created.date()

    given = rokka("stats.get", rokka.name, f"{today - timedelta(days=2)}", f"{today}")

    assert [point.timestamp.date() for point in given.number_of_files] == [
        today - timedelta(days=days) for days in (0, 1, 2)
    ]
    assert [point.value for point in given.number_of_files] == [2, 0, 0]
    assert given.space_in_bytes[0].value == sum(image.size for image in images)
    assert len(rokka("stats.get", rokka.name).number_of_files) == 30


@exercises("billing.get")
def test_billing__is_what_the_emulator_does_not_have(rokka: Rokka) -> None:
    with pytest.raises(ServerError, match="does not have billing") as caught:
        rokka("billing.get", rokka.name, "2020-01", "2020-02")

    assert caught.value.status == 501


@exercises("render.imagesByAlbum")
def test_album__has_the_images_that_name_it(rokka: Rokka) -> None:
    image = rokka.upload(user_metadata={"array:albums": ["Im Frühling", "other"]})
    rokka.upload(draw(1, 1), user_metadata={"array:albums": ["other"]})
    host = f"{rokka.host}/render/{{organization}}"

    album = rokka("render.imagesByAlbum", rokka.name, "Im Frühling", render_host=host)

    assert [(item.hash, item.name) for item in album] == [(image.hash, image.name)]
    with pytest.raises(ServerError, match="does not have the favorites"):
        rokka("render.imagesByAlbum", rokka.name, "x", {"favorites": True}, render_host=host)


@exercises("request")
def test_request__reaches_what_has_no_method(rokka: Rokka) -> None:
    image = rokka.upload()

    written = rokka("request", f"stacks/{rokka.name}/small", "PUT", {"operations": [RESIZE]})
    read = rokka("request", f"sourceimages/{rokka.name}/{image.hash}")

    assert written["stack_operations"] == [RESIZE]
    assert SourceImage.from_json(read) == image
