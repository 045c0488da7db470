"""Names of one's own: pointed, deleted and taken over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from django_rokka import aliases
from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import (
    AliasExists,
    AliasTaken,
    InvalidAliasName,
    InvalidName,
    NotFound,
    PermissionDenied,
    ReadOnly,
    UnknownAlias,
)
from django_rokka.models import Alias, CacheInvalidation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.testapp.models import Brand, Leaflet

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "newsletter_header"


def upload(rokka: RokkaStorage, colour: str) -> str:
    return rokka.upload("header.png", ContentFile(pictures.png(colour=colour))).hash


def get_hash_behind(rokka: RokkaStorage, name: str = NAME) -> str:
    return rokka.client.aliases.get(name).hash


def test_point__sets_a_name_and_moves_it(rokka: RokkaStorage) -> None:
    red, blue = upload(rokka, "red"), upload(rokka, "blue")
    alias = aliases.point(NAME, red)
    assert (alias.state, alias.target_hash, alias.owner) == ("in_step", red, "")
    assert get_hash_behind(rokka) == red
    assert not CacheInvalidation.objects.exists()
    assert aliases.point(NAME, blue).pk == alias.pk
    assert get_hash_behind(rokka) == blue
    assert CacheInvalidation.objects.get().outcome == CacheInvalidation.CLEARED


def test_point__at_the_same_image_asks_nobody(rokka: RokkaStorage) -> None:
    red = upload(rokka, "red")
    aliases.point(NAME, red)
    with assert_no_rokka_calls():
        assert aliases.point(NAME, red).state == "in_step"


def test_point__waits_for_the_commit(rokka: RokkaStorage) -> None:
    red = upload(rokka, "red")
    with transaction.atomic(), assert_no_rokka_calls():
        assert aliases.point(NAME, red).state == "pending"
    assert get_hash_behind(rokka) == red


def test_point__that_is_rolled_back_sends_nothing(rokka: RokkaStorage) -> None:
    red = upload(rokka, "red")
    with assert_no_rokka_calls(), transaction.atomic():
        aliases.point(NAME, red)
        transaction.set_rollback(True)
    assert not Alias.objects.exists()


def test_point__refuses_a_name_that_somebody_else_has_set(rokka: RokkaStorage) -> None:
    red, blue = upload(rokka, "red"), upload(rokka, "blue")
    rokka.client.aliases.create(NAME, red)
    with pytest.raises(AliasExists, match=rf"points at {red} and .* not moved to {blue}"):
        aliases.point(NAME, blue)
    assert get_hash_behind(rokka) == red
    assert not Alias.objects.exists()


def test_point__overwrites_a_name_of_somebody_else_if_told_to(rokka: RokkaStorage) -> None:
    red, blue = upload(rokka, "red"), upload(rokka, "blue")
    rokka.client.aliases.create(NAME, red)
    alias = aliases.point(NAME, blue, overwrite=True)
    assert (alias.state, alias.overwrite) == ("in_step", False)
    assert get_hash_behind(rokka) == blue
    assert CacheInvalidation.objects.get().key == NAME


def test_point__refuses_an_image_that_rokka_has_not_and_keeps_the_name(
    rokka: RokkaStorage,
) -> None:
    with pytest.raises(NotFound):
        aliases.point(NAME, "a" * 40)
    assert not Alias.objects.exists()
    red = upload(rokka, "red")
    aliases.point(NAME, red)
    with pytest.raises(NotFound):
        aliases.point(NAME, "a" * 40)
    row = Alias.objects.get()
    assert (row.target_hash, row.state) == (red, "in_step")
    assert get_hash_behind(rokka) == red


@pytest.mark.parametrize("status", [429, 500, 503])
def test_point__leaves_a_failure_that_may_pass_to_the_next_apply(
    status: int, rokka: RokkaStorage, server: EmulatorServer
) -> None:
    red = upload(rokka, "red")
    server.emulator.faults.add(method="PUT", path="/alias/", status=status, times=None)
    alias = aliases.point(NAME, red)
    server.emulator.faults.clear()
    assert (alias.state, alias.attempts) == ("failed", 1)
    assert alias.last_error
    (result,) = aliases.apply(names=[NAME]).results
    assert (result.outcome, result.hash) == ("created", red)
    assert get_hash_behind(rokka) == red


def test_point__refuses_what_is_no_name_and_no_hash(rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls():
        with pytest.raises(InvalidAliasName):
            aliases.point("my-alias", "a" * 40)
        with pytest.raises(InvalidName):
            aliases.point(NAME, "red")


def test_point__refuses_where_it_may_only_read(rokka: RokkaStorage, configure: Any) -> None:
    configure(read_only=True)
    acts: list[Callable[[], object]] = [
        lambda: aliases.point(NAME, "a" * 40),
        lambda: aliases.delete(NAME),
    ]
    for act in acts:
        with assert_no_rokka_calls(), pytest.raises(ReadOnly, match="only to be read from here"):
            act()


def test_point__refuses_the_name_of_a_row(rokka: RokkaStorage) -> None:
    brand = Brand.objects.create(name="Acme", logo=ContentFile(pictures.png(), "logo.png"))
    acts: list[Callable[[], object]] = [
        lambda: aliases.point(brand.logo.alias, "a" * 40),
        lambda: aliases.delete(brand.logo.alias),
    ]
    with assert_no_rokka_calls():
        for act in acts:
            with pytest.raises(AliasTaken, match=f"is that of testapp.brand {brand.pk}"):
                act()


def test_point__takes_over_the_name_of_a_row_that_is_gone(rokka: RokkaStorage) -> None:
    leaflet = Leaflet.objects.create(slug="spring", page=ContentFile(pictures.png(), "a.png"))
    leaflet.delete()
    blue = upload(rokka, "blue")
    alias = aliases.point("leaflet_spring_page", blue)
    assert (alias.owner, alias.state) == ("", "in_step")
    assert get_hash_behind(rokka, alias.name) == blue


def test_delete__deletes_the_name_and_has_its_caches_cleared(rokka: RokkaStorage) -> None:
    aliases.point(NAME, upload(rokka, "red"))
    with observe_calls() as calls:
        assert aliases.delete(NAME) is None
    path = f"/sourceimages/demo/alias/{NAME}"
    assert [(call.method, call.path) for call in calls] == [
        ("DELETE", path),
        ("DELETE", f"{path}/cache"),
    ]
    assert not Alias.objects.exists()
    with pytest.raises(NotFound):
        get_hash_behind(rokka)


def test_delete__of_what_is_gone_at_rokka_is_done(rokka: RokkaStorage) -> None:
    aliases.point(NAME, upload(rokka, "red"))
    rokka.client.aliases.delete(NAME)
    assert aliases.delete(NAME) is None
    assert not Alias.objects.exists()


def test_delete__that_fails_for_now_is_done_by_the_next_apply(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    aliases.point(NAME, upload(rokka, "red"))
    server.emulator.faults.add(method="DELETE", path=f"/{NAME}$", status=503, times=None)
    alias = aliases.delete(NAME)
    server.emulator.faults.clear()
    assert alias is not None
    assert (alias.state, alias.target_hash) == ("failed", "")
    assert aliases.apply(names=[NAME]).results[0].outcome == "deleted"
    assert not Alias.objects.exists()


def test_delete__that_is_denied_leaves_the_name(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    red = upload(rokka, "red")
    aliases.point(NAME, red)
    server.emulator.faults.add(method="DELETE", path=f"/{NAME}$", status=403)
    with pytest.raises(PermissionDenied):
        aliases.delete(NAME)
    row = Alias.objects.get()
    assert (row.target_hash, row.state) == (red, "in_step")


def test_delete__refuses_a_name_that_this_site_has_not(rokka: RokkaStorage) -> None:
    red = upload(rokka, "red")
    rokka.client.aliases.create(NAME, red)
    with assert_no_rokka_calls(), pytest.raises(UnknownAlias, match=f"rokka_alias adopt {NAME}"):
        aliases.delete(NAME)
    assert get_hash_behind(rokka) == red


def test_adopt__takes_a_name_that_rokka_has(rokka: RokkaStorage) -> None:
    red = upload(rokka, "red")
    rokka.client.aliases.create(NAME, red)
    alias = aliases.adopt(NAME)
    assert (alias.state, alias.target_hash, alias.owner) == ("in_step", red, "")
    assert aliases.delete(NAME) is None


def test_adopt__refuses_a_name_that_nobody_has(rokka: RokkaStorage) -> None:
    with pytest.raises(NotFound):
        aliases.adopt(NAME)
    assert not Alias.objects.exists()


def test_adopt__lets_a_row_have_the_name_that_it_claims(rokka: RokkaStorage) -> None:
    foreign = upload(rokka, "green")
    rokka.client.aliases.create("leaflet_spring_page", foreign)
    image = ContentFile(pictures.png(colour="blue"), "a.png")
    leaflet = Leaflet.objects.create(slug="spring", page=image)
    assert aliases.adopt("leaflet_spring_page").state == "pending"
    (result,) = aliases.apply().results
    assert (result.outcome, result.previous) == ("moved", foreign)
    assert get_hash_behind(rokka, "leaflet_spring_page") == leaflet.page.hash
    assert Leaflet.objects.get().page.alias == "leaflet_spring_page"
